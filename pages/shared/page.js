/* What scrolls can be reached by the keyboard, where nothing in it can be; headings are read out without a gap. */
(() => {
  if (window.winnowPage) return;
  window.winnowPage = true;
  const FOCUSABLE = "a[href], button:not([disabled]), input:not([disabled]), textarea, select, [tabindex='0']";
  let waiting = false;
  const look = () => {
    waiting = false;
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
  new MutationObserver(soon).observe(document.body, { subtree: true, childList: true });
  window.addEventListener("resize", soon);
  soon();
})();
