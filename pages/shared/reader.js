/* How many lines of a text lie below the edge of its panel, and whether lines go on at its side: only the browser knows. */
(() => {
  if (window.winnowReader) return;
  window.winnowReader = true;
  const LINE = 24;
  const scrollerOf = (panel) =>
    [panel, ...panel.querySelectorAll("div")].find((part) => {
      const how = getComputedStyle(part).overflowY;
      return (how === "auto" || how === "scroll") && part.clientHeight > 0;
    });
  const tell = (panel) => {
    const scroller = scrollerOf(panel);
    if (!scroller) return;
    const below = scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop;
    const first = below > 6 && scroller.querySelector("code, [data-testid=stText] span, p, span");
    const lines = Math.round(below / (first && parseFloat(getComputedStyle(first).lineHeight) || LINE));
    const said = below > 6 ? `${Math.max(1, lines).toLocaleString()} more ${lines > 1 ? "lines" : "line"} ↓` : null;
    if (said === null) delete scroller.dataset.winnowMore;
    else if (scroller.dataset.winnowMore !== said) {
      scroller.style.setProperty("--winnow-ground", getComputedStyle(document.querySelector(".stApp")).backgroundColor);
      scroller.style.setProperty("--winnow-fade", scroller.clientHeight < 110 ? "1.3rem" : "2.6rem"); // a line stays legible
      scroller.dataset.winnowMore = said;
      // Where lines begin at the right, the cue stands at the left: their ends are seldom there.
      scroller.toggleAttribute("data-winnow-rtl", /^[^\p{L}]*[\u0590-\u08ff]/u.test((scroller.querySelector("[data-testid=stText]") || scroller).textContent));
    }
  };
  const SIDE = 6; // pixels that are no letter
  const tellSide = (code) => {
    const pre = code.querySelector("pre");
    const beyond = pre && pre.scrollWidth - pre.clientWidth - pre.scrollLeft > SIDE;
    if (beyond && !("winnowWide" in code.dataset)) code.style.setProperty("--winnow-code", getComputedStyle(pre).backgroundColor);
    code.toggleAttribute("data-winnow-wide", Boolean(beyond));
    const scrolls = pre && (pre.scrollWidth > pre.clientWidth + 1 || pre.scrollHeight > pre.clientHeight + 1);
    if (scrolls) pre.tabIndex = 0; // the keyboard gets to what goes on
    else pre?.removeAttribute("tabindex");
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      document.querySelectorAll("[class*=st-key-read-], .winnow-grounded > div, .st-key-audit-rules, .st-key-desk-rules, .st-key-desk-context").forEach(tell);
      document.querySelectorAll("[data-testid=stCode]").forEach(tellSide);
    });
  };
  // What supports the sentence of an answer that is pointed at comes into sight in the source beside it.
  const point = (event) => {
    const said = event.target instanceof Element && event.target.closest(".winnow-grounded span[tabindex]");
    const place = said && said.className.match(/\ba(\d+)/);
    const behind = place && said.closest(".winnow-grounded").querySelector(`.s${place[1]}`);
    const pane = behind && behind.closest(".winnow-grounded > div");
    if (!pane) return;
    const top = behind.getBoundingClientRect().top - pane.getBoundingClientRect().top;
    if (top < 0 || top + Math.min(behind.getBoundingClientRect().height, LINE) > pane.clientHeight - 2 * LINE)
      pane.scrollBy({ top: top - pane.clientHeight / 3 });
  };
  window.addEventListener("pointerover", point);
  window.addEventListener("focusin", point);
  new MutationObserver(soon).observe(document.body, { subtree: true, childList: true, characterData: true });
  window.addEventListener("scroll", soon, true);
  window.addEventListener("resize", soon);
  window.addEventListener("toggle", soon, true); // what was folded has its size from now on
  soon();
})();
