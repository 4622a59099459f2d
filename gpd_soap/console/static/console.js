// Keys, copies, and where the focus goes.  Every page works without it.
(() => {
  "use strict";
  const find = (what, from = document) => from.querySelector(what);
  const say = (text) => { const place = find("#said"); if (place) place.textContent = text; };
  const focus = (what) => { if (what) { what.tabIndex < 0 && what.setAttribute("tabindex", "-1"); what.focus(); } return !!what; };
  const typing = (e) => /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || e.target.isContentEditable;

  const settle = (root) => {
    for (const each of root.querySelectorAll("[data-copy]")) each.hidden = !navigator.clipboard;
  };
  settle(document);
  focus(find("#errors")) || focus(find(".done, [data-focus]"));

  document.addEventListener("click", async (e) => {
    const button = e.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    say(document.body.dataset.copied);
  });

  // The second click of two sends nothing; an answer that is a file leaves the form as it is.
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented || form.method !== "post") return;
    if ("sent" in form.dataset) { e.preventDefault(); return; }
    form.dataset.sent = "";
    setTimeout(() => delete form.dataset.sent, 3000);
  });

  // A swap may take away what had the focus.
  document.addEventListener("htmx:after:swap", () => {
    settle(document);
    if (document.activeElement === document.body) focus(find("#errors")) || focus(find("main h1"));
    const heading = find("[data-say]");
    if (heading) say(heading.dataset.say);
  });

  const row = (step) => {
    const links = [...document.querySelectorAll("main tbody tr, main [data-row]")].map((r) => find("a", r)).filter(Boolean);
    const now = links.findIndex((l) => l.closest("tr, [data-row]").contains(document.activeElement));
    focus(links[Math.min(Math.max(now + step, 0), links.length - 1)]);
  };
  let after = "", when = 0;
  document.addEventListener("keydown", (e) => {
    if (!("shortcuts" in document.body.dataset) || e.ctrlKey || e.metaKey || e.altKey || typing(e)) return;
    const key = e.key.toUpperCase();
    const pending = after && Date.now() - when < 2000;
    after = "";
    if (pending) {
      const link = find(`[data-go="${CSS.escape(key)}"]`);
      if (link) { e.preventDefault(); location.assign(link.href); }
      return;
    }
    const keys = find(".keys");
    const act = {
      "/": () => focus(find("main [type=search]") || find("#q")),
      G: () => { after = key; when = Date.now(); return true; },
      J: () => (row(1), true),
      K: () => (row(-1), true),
      P: () => (print(), true),
      "?": () => keys && (keys.open = !keys.open, true),
    }[key];
    if (act && act()) e.preventDefault();
  });
})();
