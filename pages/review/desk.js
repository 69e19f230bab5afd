/* What only the browser can know or do: when the text was painted, that a key is held, a note not yet sent; where the
   keyboard goes (a form that opens, the note, the flags) and what it scrolls. */
(() => {
  if (window.winnowDesk) return;
  const desk = (window.winnowDesk = { item: null, since: Infinity, late: [], last: null, lastAt: 0, patience: 3000 });
  const DWELL = 250;
  const keys = () => window.winnowKeys || { acts: [], note: "t", flags: "f" }; // the reviewer's map (`pages/shared/keys.py`)
  const PREFIX = "winnow-note:";
  const box = () => document.querySelector(".st-key-desk-item");
  const taken = () => document.querySelector(".st-key-desk-taken")?.textContent; // changes with every run of the desk
  const note = () => document.querySelector(".st-key-desk-note textarea, [class*=st-key-final-note-] input");
  const flags = () => document.querySelector("[class*=st-key-flags-] button, [class*=st-key-audit-flags-] button");
  const fieldOf = (key) => (key === keys().note ? note() : key === keys().flags ? flags() : null);
  const SCROLLS = { ArrowDown: 60, ArrowUp: -60, PageDown: 0.9, PageUp: -0.9 }; // pixels, or so much of what is in sight
  const ASIDE = { ArrowRight: 120, ArrowLeft: -120 }; // pixels along lines of code that are not wrapped
  const wide = () => {
    const first = desk.under && document.contains(desk.under) ? [desk.under] : [];
    const panels = [...first, ...document.querySelectorAll("[class*=st-key-read-output-], [class*=st-key-read-]")];
    return panels.flatMap((panel) => [...panel.querySelectorAll("pre")]).find((pre) => pre.scrollWidth > pre.clientWidth + 1);
  };
  const buttons = () => [...document.querySelectorAll('button [aria-label^="Shortcut "]')];
  const buttonOf = (act) => { // the one that a key of the map presses ("u", "shift+u"), if it can be pressed
    const name = `Shortcut ${act.replace("shift+", "Shift + ").replace(/.$/, (its) => its.toUpperCase())}`;
    return buttons().find((its) => its.getAttribute("aria-label") === name)?.closest("button:enabled");
  };
  const text = () => {
    const scrolls = (part) => part.scrollHeight > part.clientHeight + 1 && getComputedStyle(part).overflowY !== "visible";
    const panels = ["[class*=st-key-desk-panel-focus-]", ".winnow-grounded > div:nth-of-type(2)", "[class*=st-key-read-output-]", "[class*=st-key-audit-text-]", "[class*=st-key-desk-panel]"];
    const under = desk.under && document.contains(desk.under) ? [desk.under] : [];
    const shown = [...under, ...panels.map((panel) => document.querySelector(panel)).filter(Boolean)];
    return shown.flatMap((panel) => [panel, ...panel.querySelectorAll("div")]).find(scrolls);
  };

  const write = (field, text) => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(field, text);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const restore = (item, kept, tries) => {
    if (desk.item !== item || tries === 0) return;
    const field = note();
    if (field && document.activeElement === field && field.value) return; // somebody is writing already
    if (field && !field.value) write(field, kept);
    // The page may still be replacing its first field by the lasting one: look again until it has stayed.
    if (!field || field.value !== kept || tries > 50) setTimeout(() => restore(item, kept, tries - 1), 150);
  };
  // A rewrite is kept while it is typed, under its text's own name: a reload, or a server that dies, loses none.
  const EDITS = "winnow-edit:";
  const edits = () => [...document.querySelectorAll("[class*=st-key-desk-edit-] textarea")];
  const editName = (field) => {
    const form = field.closest("[class*=st-key-desk-edit-]").className.match(/st-key-desk-edit-([a-z]+)/)[1];
    return `${EDITS}${(box()?.textContent || "").split(" ").slice(1, -1).join(" ")}:${form}`;
  };
  const rewrite = (field, kept, tries) => {
    if (tries === 0 || !document.contains(field) || desk.typedInto === field) return;
    if (field.value === kept) { // as if it had been left: only then does the server know it
      field.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
      return;
    }
    write(field, kept);
    setTimeout(() => rewrite(field, kept, tries - 1), 150);
  };
  const enter = () => { // a form that has just opened is typed into at once
    const field = document.querySelector("[class*=st-key-desk-edit-output] textarea");
    if (field && !desk.form) {
      field.focus();
      field.scrollIntoView({ block: "nearest" });
      for (const each of edits()) {
        const kept = sessionStorage.getItem(editName(each));
        if (kept !== null) rewrite(each, kept, 20);
      }
    }
    desk.form = Boolean(field);
  };
  // The texts are sent before the buttons: an item's time begins once it is painted and its own buttons stand (their
  // code may come after the text).
  const stand = (item) => { const its = (taken() || "").split(" ")[1]; return !its || item.split(" ")[1] === its; };
  const begin = (item) => {
    if (item === null || desk.begun || !stand(item)) return;
    desk.begun = true;
    const seen = () => {
      if (desk.item !== item) return;
      if (buttons().length) desk.since = performance.now();
      else setTimeout(seen, 50);
    };
    requestAnimationFrame(() => requestAnimationFrame(seen));
  };
  const look = () => {
    enter();
    const found = box();
    const item = found ? found.textContent : null;
    if (item === desk.item) { begin(item); return; }
    if (desk.item !== null && item !== null) sessionStorage.removeItem(PREFIX + desk.item);
    desk.item = item;
    desk.since = Infinity;
    desk.begun = false;
    begin(item);
    const kept = item && sessionStorage.getItem(PREFIX + item);
    if (kept) restore(item, kept, 60);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();

  const typing = (target) => target instanceof Element && target.closest("input, textarea, [contenteditable=true], [role=combobox]");
  window.addEventListener("pointerover", (event) => {
    desk.under = event.target instanceof Element ? event.target.closest(".winnow-grounded > div, [class*=st-key-read-]") : null;
  });
  const tooSoon = () => { // said at once, where the eyes are
    document.body.classList.add("winnow-too-soon");
    clearTimeout(desk.blink);
    desk.blink = setTimeout(() => document.body.classList.remove("winnow-too-soon"), 600);
  };
  // The same key twice, faster than the page follows, would arrive as one: the second waits its turn, so many
  // milliseconds at most, and so does all that comes after it, unless the item has changed meanwhile.
  const isUnderWay = (now) => now - desk.lastAt < (taken() && taken() === desk.lastTaken ? desk.patience : 0);
  const mustWait = (pressed, now) => desk.late.length > 0 || (pressed === desk.last && isUnderWay(now));
  const takeLate = () => {
    const next = desk.late[0];
    if (!next) return;
    if (next.item !== desk.item) { desk.late = []; return; }
    if (next.key.toLowerCase() === desk.last && isUnderWay(performance.now())) { setTimeout(takeLate, 20); return; }
    desk.late.shift();
    for (const kind of ["keydown", "keyup"]) {
      const event = new KeyboardEvent(kind, { ...next, bubbles: true, cancelable: true });
      event.winnowLate = true;
      document.body.dispatchEvent(event);
    }
    setTimeout(takeLate, 20);
  };
  // A key is the letter or digit on it; where a keyboard writes others (Cyrillic, Greek, the digits of AZERTY), the one
  // that stands in its place elsewhere. The buttons' own shortcuts are found alike.
  const keyOf = (event) => {
    if (/^[0-9a-z]$/i.test(event.key)) return event.key.toLowerCase();
    const place = /^(?:Key([A-Z])|Digit([0-9]))$/.exec(event.code || "");
    const its = event.key.length === 1 && place && (place[1] || (!event.shiftKey && place[2]));
    return (its || event.key).toLowerCase();
  };
  const isComposing = (event) => event.isComposing || event.keyCode === 229; // signs that are still being put together
  window.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typing(event.target)) {
      const save = document.querySelector('[class*=st-key-desk-panel] button[data-testid="stBaseButton-primary"]');
      if (save) { event.target.blur(); setTimeout(() => save.click(), 60); event.preventDefault(); }
      else if (event.target === note()) { event.target.blur(); event.preventDefault(); } // left, it is saved, and keys count again
      return;
    }
    if (event.key === "?" && !typing(event.target)) {
      document.querySelector(".st-key-keys-help button")?.click();
      event.preventDefault();
      return;
    }
    if (event.key === "Escape" && box() && typing(event.target)) { event.target.blur(); return; }
    if (!box() || typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const pressed = keyOf(event);
    const isDigit = event.shiftKey && /^[0-9]$/.test(event.key) && !keys().acts.includes(`shift+${pressed}`); // AZERTY's digits
    const name = event.shiftKey && !isDigit ? `shift+${pressed}` : pressed;
    const acts = keys().acts.includes(name);
    if (document.querySelector('[data-testid="stDialog"]')) { // nobody judges a text behind an open window
      if (acts) event.stopImmediatePropagation();
      return;
    }
    const field = event.shiftKey ? null : fieldOf(pressed);
    if (field) { field.focus(); event.preventDefault(); return; }
    const scrolled = SCROLLS[event.key] && text();
    if (scrolled) {
      const step = SCROLLS[event.key];
      scrolled.scrollBy({ top: Math.abs(step) < 1 ? step * scrolled.clientHeight : step });
      event.preventDefault();
      return;
    }
    // Where arrows choose (an answer that is compared, a view) they go on doing that.
    const chooses = document.querySelector(".st-key-evaluate-keys") || event.target.closest?.("[role=radiogroup]");
    const aside = ASIDE[event.key] && !chooses && wide();
    if (aside) {
      aside.scrollBy({ left: ASIDE[event.key] });
      event.preventDefault();
      return;
    }
    if (!acts) return;
    const now = performance.now();
    if (!event.repeat && now - desk.since >= DWELL) {
      if (event.winnowLate || !mustWait(pressed, now)) {
        Object.assign(desk, { last: pressed, lastAt: now, lastTaken: taken(), letIn: event, letAs: name });
        return;
      }
      const key = event.shiftKey && !isDigit ? pressed.toUpperCase() : pressed;
      desk.late.push({ item: desk.item, key, code: event.code, shiftKey: event.shiftKey && !isDigit });
      if (desk.late.length === 1) setTimeout(takeLate, 20);
      event.stopImmediatePropagation();
      event.preventDefault();
      return;
    }
    desk.since = Math.max(desk.since, now); // a key that is held or hammered starts the time again
    tooSoon();
    event.stopImmediatePropagation();
    event.preventDefault();
  }, true);
  // Streamlit hears no key that comes before its button listens, nor one that goes down while the last is still held,
  // nor a digit that its keyboard has with Shift.
  window.addEventListener("keydown", (event) => {
    if (event === desk.letIn && !event.defaultPrevented) buttonOf(desk.letAs)?.click();
  });
  window.addEventListener("input", (event) => {
    if (event.isTrusted && event.target instanceof Element && event.target.closest("[class*=st-key-desk-edit-]")) {
      desk.typedInto = event.target;
      try { sessionStorage.setItem(editName(event.target), event.target.value); } catch { /* full: the server has it once the field is left */ }
    }
    if (event.target === note() && desk.item) sessionStorage.setItem(PREFIX + desk.item, event.target.value);
  }, true);
})();
