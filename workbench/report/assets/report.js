"use strict";
(() => {
  const root = document.documentElement;
  const stored = (value) => {
    // Storage may be forbidden for a page opened from disk; the theme then lasts as long as the page.
    try {
      if (value !== undefined) localStorage.setItem("workbench-theme", value);
      return localStorage.getItem("workbench-theme");
    } catch {
      return null;
    }
  };
  if (stored()) root.dataset.theme = stored();

  const themes = () => {
    const button = document.querySelector(".theme");
    const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const show = () => {
      button.textContent = dark() ? button.dataset.light : button.dataset.dark;
      button.setAttribute("aria-label", dark() ? button.dataset.toLight : button.dataset.toDark);
      button.setAttribute("aria-pressed", String(Boolean(root.dataset.theme)));
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      stored(root.dataset.theme);
      show();
    });
    show();
  };

  // Money in three digits that count, without an exponent; workbench/report/economics.py writes it alike.
  const amount = (value, whole) => {
    if (value <= 0) return "0";
    if (value >= 100) return whole.format(value);
    return value.toFixed(Math.min(12, 2 - Number(value.toExponential(6).split("e")[1])));
  };

  const prices = () => {
    const form = document.querySelector(".prices");
    if (!form) return;
    let whole; // made when it is first needed: it costs tens of milliseconds
    const show = (key, text) => { document.querySelector(`[data-cost="${key}"]`).textContent = text; };
    form.addEventListener("input", () => {
      whole ??= new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
      const value = (name) => Math.max(0, Number(form.elements[name].value) || 0);
      const tokens = (name) => Number(form.dataset[name] ?? 0);
      const [original, compact] = [tokens("original"), tokens("compact")];
      const shared = Math.max(0, original - compact);
      const hits = Math.min(1, value("hits"));
      const kept = hits * value("cached") + (1 - hits) * value("input");
      const calls = {
        plain: original * value("input") + tokens("teacher") * value("output"),
        caching: shared * kept + (original - shared) * value("input") + tokens("teacher") * value("output"),
        before: compact * value("input") + tokens("before") * value("output"),
        tuned: compact * value("tuned") + tokens("after") * value("tuned_output"),
      };
      for (const [way, cost] of Object.entries(calls)) {
        show(way, amount(cost / 1e6, whole));
        show(`${way}_1000`, amount(cost / 1e3, whole));
      }
      const even = (saved) => (saved > 0 ? form.dataset.calls.replace("{calls}", whole.format((value("once") / saved) * 1e6)) : form.dataset.never);
      show("against_plain", even(calls.plain - calls.tuned));
      show("against_caching", even(calls.caching - calls.tuned));
    });
    form.addEventListener("submit", (event) => event.preventDefault());
  };

  // Cases are markup that nobody has built yet: a text in noscript, and a packed one.
  const unpacked = async () => {
    const held = document.querySelector(".packed");
    if (!held) return "";
    const raw = atob(held.textContent);
    const bytes = new Uint8Array(raw.length);
    for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
    held.remove();
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  };
  const read = async () => {
    const plain = document.querySelector("noscript.plain").textContent;
    const listed = plain.slice(plain.indexOf(">") + 1, plain.lastIndexOf("<"));
    try {
      const rest = await unpacked();
      document.querySelector(".folded")?.remove();
      return listed + rest;
    } catch {
      return listed; // a browser without DecompressionStream has the first cases, and the notice says so
    }
  };
  const decoded = (text) => (text.includes("&") ? text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&") : text);

  // One entry a case: its markup, and numbers for what the filters ask of it.
  const COLUMNS = ["state", "behaviour", "slice", "difficulty", "lang"];
  const indexed = (markup) => {
    const start = /<li id="([^"]*)" data-state="([^"]*)"(?: data-behaviour="([^"]*)")?(?: data-slice="([^"]*)")?(?: data-difficulty="([^"]*)")?(?: data-lang="([^"]*)")?(?: data-rules="([^"]*)")?>/g;
    const tags = [...markup.matchAll(start)];
    const texts = tags.map((tag, place) => markup.slice(tag.index, tags[place + 1]?.index));
    const codes = COLUMNS.map(() => new Map([["", 0]]));
    const columns = COLUMNS.map(() => new Uint16Array(tags.length));
    const places = new Map();
    tags.forEach((tag, place) => {
      places.set(decoded(tag[1]), place);
      COLUMNS.forEach((_, column) => {
        const said = decoded(tag[2 + column] ?? "");
        if (!codes[column].has(said)) codes[column].set(said, codes[column].size);
        columns[column][place] = codes[column].get(said);
      });
    });
    return { texts, codes, columns, places, rules: tags.map((tag) => tag[2 + COLUMNS.length]?.split(" ") ?? []) };
  };

  const cases = async () => {
    const form = document.querySelector(".filters");
    if (!form) return;
    const { texts, codes, columns, places, rules } = indexed(await read());
    const list = document.querySelector("ol.cases");
    const [earlier, later] = ["earlier", "later"].map((name) => document.querySelector(`button.${name}`));
    const found = form.querySelector(".found");
    const none = document.querySelector(".none");
    const few = 50;
    const built = new Map();
    const searched = new Map();
    let fitting = []; // places of the cases that fit the filters
    let from = 0; // those of them that are shown: from ≤ place < to
    let to = 0;
    let here = -1;
    const textOf = (place) => {
      if (!searched.has(place)) searched.set(place, decoded(texts[place].replace(/<[^>]*>/g, "")).toLowerCase());
      return searched.get(place);
    };
    const build = (places) => {
      const fresh = places.filter((place) => !built.has(place));
      const holder = document.createElement("template");
      holder.innerHTML = fresh.map((place) => texts[place]).join("");
      [...holder.content.children].forEach((item, at) => built.set(fresh[at], item));
      return places.map((place) => built.get(place));
    };
    const edges = () => {
      earlier.parentElement.hidden = from === 0;
      later.parentElement.hidden = to >= fitting.length;
      list.hidden = fitting.length === 0;
    };
    const show = (start, end) => {
      from = Math.max(0, start);
      to = Math.min(fitting.length, end);
      list.replaceChildren(...build(fitting.slice(from, to)));
      edges();
    };
    const onward = () => {
      const end = Math.min(fitting.length, to + few);
      list.append(...build(fitting.slice(to, end)));
      to = end;
      edges();
    };
    const backward = () => {
      const start = Math.max(0, from - few);
      list.prepend(...build(fitting.slice(start, from)));
      from = start;
      edges();
    };
    const apply = () => {
      const value = (name) => form.elements[name]?.value ?? "";
      const asked = COLUMNS.flatMap((name, column) => {
        if (!value(name)) return [];
        const heldout = name === "behaviour" && value(name) === form.dataset.heldout; // written as none
        return [[columns[column], heldout ? 0 : codes[column].get(value(name))]];
      });
      const rule = value("rule");
      const words = value("text").trim().toLowerCase();
      fitting = [];
      for (let place = 0; place < texts.length; place += 1) {
        if (!asked.every(([column, code]) => column[place] === code)) continue;
        if (rule && !rules[place].includes(rule)) continue;
        if (words && !textOf(place).includes(words)) continue;
        fitting.push(place);
      }
      const count = fitting.length;
      const told = count === texts.length ? found.dataset.all : found.dataset.some;
      found.textContent = told.replace("{found}", count).replace("{cases}", texts.length);
      none.hidden = count > 0;
      show(0, few);
    };
    const point = (place, { open }) => {
      built.get(here)?.classList.remove("here");
      here = place;
      const at = fitting.indexOf(place);
      if (at < from || at >= to) {
        if (at === to) onward();
        else show(at - 5, at + few);
      }
      const item = built.get(place);
      item.classList.add("here");
      const details = item.querySelector("details");
      if (open) details.open = true;
      details.querySelector("summary").focus({ preventScroll: true });
      item.scrollIntoView({ block: open ? "start" : "nearest" });
    };
    const step = (by) => {
      if (!fitting.length) return;
      const at = fitting.indexOf(here);
      const next = at < 0 ? (by > 0 ? 0 : fitting.length - 1) : Math.min(fitting.length - 1, Math.max(0, at + by));
      point(fitting[next], { open: at >= 0 && built.get(here).querySelector("details").open });
    };
    const follow = () => {
      let name = location.hash.slice(1);
      try { name = decodeURIComponent(name); } catch { return; }
      const place = places.get(name);
      if (place === undefined) return;
      if (!fitting.includes(place)) { form.reset(); apply(); }
      point(place, { open: true });
    };
    form.hidden = false;
    form.addEventListener("input", apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    later.addEventListener("click", onward);
    earlier.addEventListener("click", backward);
    new IntersectionObserver((seen) => { if (seen.some((one) => one.isIntersecting)) onward(); }, { rootMargin: "600px" }).observe(later);
    addEventListener("hashchange", follow);
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-rule]");
      if (!link) return;
      form.reset();
      form.elements.rule.value = link.dataset.rule;
      if (form.elements.rule.value !== link.dataset.rule) form.elements.rule.value = "";
      apply();
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input, select, textarea");
      if (event.key === "Escape" && typing) { typing.blur(); return; }
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "j") step(1);
      else if (event.key === "k") step(-1);
      else if (event.key === "/") { event.preventDefault(); form.elements.text.focus(); }
    });
    apply();
    follow();
  };

  document.addEventListener("DOMContentLoaded", () => { cases(); themes(); prices(); });
})();
