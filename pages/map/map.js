/* The line that is drawn on the map goes to the server by itself: of 50,000 points inside it, not one is sent. */
(() => {
  if (window.winnowMap) return;
  window.winnowMap = true;
  const MOST = 400; // corners of a line
  const field = () => document.querySelector(".st-key-map-lasso input");
  const send = (text) => {
    const input = field();
    if (!input || input.value === text) return;
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, text);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new FocusEvent("focusout", { bubbles: true })); // as if it had been left: so the server hears
  };
  const corners = (event) => {
    if (event.lassoPoints) {
      const { x, y } = event.lassoPoints;
      const step = Math.max(1, Math.ceil(x.length / MOST));
      return x.map((at, n) => [at, y[n]]).filter((_, n) => n % step === 0);
    }
    if (!event.range) return [];
    const [left, right] = event.range.x, [low, high] = event.range.y;
    return [[left, low], [right, low], [right, high], [left, high]];
  };
  // What is done with the tasks inside stands below the map: it comes into sight as soon as it is there.
  let drawn = false;
  const show = () => {
    const acts = drawn && document.querySelector(".st-key-review-these, .st-key-close-picked");
    if (!acts) return;
    drawn = false;
    acts.scrollIntoView({ block: "nearest" });
  };
  const round = (line) => line.map((corner) => corner.map((at) => Math.round(at * 1e5) / 1e5));
  const attach = () => {
    show();
    const input = field();
    if (input) input.tabIndex = -1;
    const plot = document.querySelector(".st-key-map-picture .js-plotly-plot");
    if (!plot || plot.winnowLasso || !plot.on) return;
    plot.winnowLasso = true;
    // A label of a task that the pointer was at would stay over the line that is being drawn.
    const unlabel = () => plot.querySelector(".hoverlayer")?.replaceChildren();
    plot.addEventListener("pointerdown", unlabel, true);
    plot.on("plotly_selecting", unlabel);
    plot.on("plotly_selected", (event) => {
      if (!event) return;
      drawn = true;
      send(JSON.stringify(round(corners(event))));
    });
    plot.on("plotly_deselect", () => send(""));
  };
  new MutationObserver(attach).observe(document.body, { subtree: true, childList: true });
  attach();
})();
