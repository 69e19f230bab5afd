/* What scrolls can be reached by the keyboard, where nothing in it can be; headings are read out without a gap; why a
   file could not be made is said until the next try, and a page whose cookies were cleared still gets its files. */
(() => {
  if (window.winnowPage) return;
  window.winnowPage = true;
  const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), textarea, select, [tabindex='0']";
  let waiting = false;
  let place = null;
  // The part of a document that an address asked for comes into sight once, and the keyboard goes on from there.
  const comeTo = () => {
    const part = document.querySelector("[class*='st-key-help-at-']");
    const its = part && location.search + part.className.match(/st-key-help-at-\S+/)[0];
    if (its === place) return;
    place = its;
    if (!part) return;
    part.setAttribute("tabindex", "-1");
    part.focus({ preventScroll: true });
    // What stands above it may still be painting, and pushes it down again: it is held for a moment, until somebody acts.
    let left = 20;
    const release = () => (left = 0);
    ["wheel", "keydown", "pointerdown", "touchstart"].forEach((act) => addEventListener(act, release, { once: true }));
    const hold = () => {
      if (left-- <= 0 || place !== its) return;
      part.scrollIntoView({ block: "start" });
      setTimeout(hold, 150);
    };
    hold();
  };
  // Popovers and dialogs stand outside the app's element, which alone says whether it is dark.
  const dress = () => {
    const app = document.querySelector("[data-testid=stApp]");
    const scheme = app ? getComputedStyle(app).colorScheme : "";
    if (scheme && scheme !== document.documentElement.style.colorScheme) document.documentElement.style.colorScheme = scheme;
  };
  // Streamlit shows for five seconds why a button gave no file: too short to read what to do. Ours stays, and is read out.
  const keepSaid = () => {
    document.querySelectorAll("[data-testid=stDownloadButtonError]").forEach((theirs) => {
      const button = theirs.closest("[data-testid=stDownloadButton]");
      if (!button.querySelector(".winnow-no-file")) {
        const ours = document.createElement("p");
        ours.className = "winnow-no-file";
        ours.setAttribute("role", "alert");
        ours.textContent = theirs.textContent;
        button.append(ours);
      }
    });
  };
  // Who fetches or sends a file is known by the cookie that the page came with.
  const remindOfBrowser = () => {
    const { name, value } = window.winnowBrowser || {};
    if (!value || document.cookie.split("; ").includes(`${name}=${value}`)) return;
    document.cookie = `${name}=${value}; path=/; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
  };
  ["click", "change", "drop"].forEach((act) => window.addEventListener(act, ({ target }) => {
    if (!(target instanceof Element)) return;
    const gives = target.closest("[data-testid=stDownloadButton]");
    if (gives) gives.querySelectorAll(".winnow-no-file").forEach((said) => said.remove());
    if (gives || target.closest("[data-testid=stFileUploader]")) remindOfBrowser();
  }, true));
  // Who came to judge and is asked for a name writes it at once, unless the keyboard is somewhere already.
  const askWho = () => {
    const field = document.querySelector(".st-key-who input");
    if (field && !field.dataset.winnowAsked && (document.activeElement || document.body) === document.body) field.focus();
    if (field) field.dataset.winnowAsked = "1";
  };
  const look = () => {
    waiting = false;
    askWho();
    dress();
    comeTo();
    keepSaid();
    document.querySelectorAll("[data-testid=stVerticalBlock][height]").forEach((part) => {
      const scrolls = part.scrollHeight > part.clientHeight + 1 && getComputedStyle(part).overflowY === "auto";
      const is = part.getAttribute("tabindex") === "0";
      if (scrolls && !is && !part.querySelector(FOCUSABLE)) part.setAttribute("tabindex", "0");
      else if (!scrolls && is) part.removeAttribute("tabindex");
    });
    // Streamlit's subheading is an h3; below a page's title it is the second level.
    document.querySelectorAll("[data-testid=stHeading] h3:not([aria-level])").forEach((heading) => heading.setAttribute("aria-level", "2"));
  };
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(look, 120); // once the page has come to rest: nobody waits for it
  };
  // What was chosen by a click gives the keyboard back, where it is the page's: at a view Enter would choose it again and
  // arrows its neighbour; in a box beside a text that is judged, letters would be looked for. Tab goes on from there.
  window.addEventListener("click", (event) => {
    if (!event.detail || !(event.target instanceof Element)) return; // a key's
    const isOption = event.target.closest("[role=option]") && document.querySelector(".st-key-desk-item");
    setTimeout(() => {
      const at = document.activeElement;
      const isView = at && at.closest("[role=radiogroup], [data-testid=stButtonGroup]") && !at.matches(":focus-visible");
      if (isView || (isOption && at && at.closest("[data-testid=stSelectbox]"))) at.blur();
    });
  }, true); // what is pressed lets no click go on to the window
  new MutationObserver(soon).observe(document.body, { subtree: true, childList: true });
  window.addEventListener("resize", soon);
  soon();
})();
