/* What scrolls can be reached by the keyboard, where nothing in it can be. */
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
