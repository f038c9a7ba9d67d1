"use strict";
// Draws the lanes of one run. Times are microseconds since the run began. The view is [from, to]; every lane has the
// same scale. `#from=17.5&to=48&lang=zh` in the address (seconds) is the view to begin with, and follows what is shown.
(() => {
  const run = JSON.parse(document.getElementById("run").textContent);
  const root = document.documentElement;
  const chart = document.getElementById("lanes");
  const told = document.getElementById("told");
  const NEAR_PX = 9, LEAST_US = 200, CHARACTER_PX = 6.3;
  const faults = run.lanes.flatMap((lane) => lane.spans.filter((span) => span.tone === "fault").map((span) => ({ lane, span })));
  let view = { from: 0, to: run.end }, chosen = null, cursor = null, drawing = false;

  const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const word = (lane, label) => run.words[lane.group]?.[label]?.[root.lang] ?? label;
  const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

  // the view

  function show(from, to) {
    const span = clamp(to - from, Math.min(LEAST_US, run.end), run.end);
    const start = clamp(from + (to - from - span) / 2, 0, run.end - span);
    view = { from: start, to: start + span };
    redraw();
  }
  const zoom = (factor, at = (view.from + view.to) / 2) => show(at - (at - view.from) * factor, at + (view.to - at) * factor);
  const pan = (share) => { const by = (view.to - view.from) * share; show(view.from + by, view.to + by); };

  function read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const wanted = asked.get("lang") || (navigator.language.startsWith("zh") ? "zh" : "en");
    speak(wanted === "zh" ? "zh" : "en");
    const [from, to] = [parseFloat(asked.get("from")) * 1e6, parseFloat(asked.get("to")) * 1e6];
    if (to > from) show(from, to); else show(0, run.end);
  }
  function write() {
    const whole = view.from === 0 && view.to === run.end;
    const place = whole ? "" : `from=${(view.from / 1e6).toFixed(6)}&to=${(view.to / 1e6).toFixed(6)}&`;
    try { history.replaceState(null, "", `#${place}lang=${root.lang}`); } catch { /* a page inside another may not */ }
  }
  function speak(lang) {
    root.lang = lang;
    for (const button of document.querySelectorAll("[data-lang]")) button.setAttribute("aria-pressed", String(button.dataset.lang === lang));
    redraw();
  }

  // time as people read it

  const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1.5e7, 3e7, 6e7,
    1.2e8, 3e8, 6e8, 9e8, 1.8e9, 3.6e9, 7.2e9, 2.16e10, 4.32e10, 8.64e10];
  function clock(us, step) {
    const decimals = step >= 1e6 ? 0 : Math.min(6, Math.ceil(Math.log10(1e6 / step)));
    const seconds = us / 1e6, whole = Math.floor(seconds + 1e-9);
    const rest = (seconds - Math.floor(whole / 60) * 60).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
    const minutes = Math.floor(whole / 60);
    return minutes >= 60 ? `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  }
  function ticks(width) {
    const step = STEPS.find((one) => (one / (view.to - view.from)) * width >= 90) || STEPS[STEPS.length - 1];
    const found = [];
    for (let t = Math.ceil(view.from / step) * step; t <= view.to; t += step) found.push(t);
    return { step, found };
  }

  // drawing

  function redraw() {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(draw);
  }
  function draw() {
    drawing = false;
    const width = rows[0].svg.clientWidth || 600;
    const marks = ticks(width);
    const x = (t) => ((t - view.from) / (view.to - view.from)) * width;
    for (const row of rows) row.svg.innerHTML = row.draw(x, width, marks, row.height);
    write();
  }
  const f = (number) => number.toFixed(1);
  const rect = (kind, x0, x1, y, h, more = "") => `<rect class="${kind}" x="${f(x0)}" y="${f(y)}" width="${f(x1 - x0)}" height="${f(h)}"${more}/>`;

  function frame(x, width, marks, height) {
    let out = marks.found.map((t) => `<line class="tick" x1="${f(x(t))}" x2="${f(x(t))}" y2="${height}"/>`).join("");
    for (const { lane, span } of faults) {
      const [x0, x1] = [clamp(x(span.t0), 0, width), clamp(x(span.t1), 0, width)];
      if (x1 > x0) out += rect("shade", x0, x1, 0, height, ` data-fault="${escape(lane.id)}"`);
    }
    for (const one of run.verdicts) {
      if (one.t === null || one.t < view.from || one.t > view.to || one.outcome === "pass") continue;
      out += `<line class="verdict ${one.outcome}" x1="${f(x(one.t))}" x2="${f(x(one.t))}" y2="${height}"/>`;
    }
    if (cursor !== null) out += `<line class="cursor" x1="${f(x(cursor))}" x2="${f(x(cursor))}" y2="${height}"/>`;
    return out;
  }
  function axis(x, width, marks, height) {
    return marks.found.map((t) => {
      const at = x(t), anchor = at < 30 ? "start" : at > width - 30 ? "end" : "middle";
      return `<line class="tick" x1="${f(at)}" x2="${f(at)}" y1="16" y2="${height}"/><text x="${f(at)}" y="13" text-anchor="${anchor}">${clock(t, marks.step)}</text>`;
    }).join("");
  }
  function valueAt(points, t) {
    let low = 0, high = points.length - 1;
    if (t <= points[0][0]) return points[0][1];
    if (t >= points[high][0]) return points[high][1];
    while (high - low > 1) { const middle = (low + high) >> 1; if (points[middle][0] <= t) low = middle; else high = middle; }
    const [[t0, v0], [t1, v1]] = [points[low], points[high]];
    return t1 === t0 ? v1 : v0 + ((v1 - v0) * (t - t0)) / (t1 - t0);
  }
  function way(curve, x, width, height, size) {
    const { points, least, most } = curve, pad = size === "small" ? 4 : curve.unit ? 12 : 7;
    const y = (value) => height - pad - ((value - least) / (most - least || 1)) * (height - 2 * pad);
    let out = "";
    for (const [value, name] of size === "small" ? [] : curve.grid) {
      out += `<line class="grid" x2="${width}" y1="${f(y(value))}" y2="${f(y(value))}"/>`;
      if (name) out += `<text x="${width - 4}" y="${f(Math.max(y(value) - 2, 10))}" text-anchor="end">${escape(name)}</text>`;
    }
    if (!points.length) return out;
    const path = [[view.from, valueAt(points, view.from)]];
    for (const point of points) if (point[0] > view.from && point[0] < view.to) path.push(point);
    path.push([view.to, valueAt(points, view.to)]);
    const thin = path.filter((point, i) => i === 0 || i === path.length - 1 || path.length < 4 * width || Math.abs(x(point[0]) - x(path[i - 1][0])) > 0.1);
    return `${out}<path class="way" d="M${thin.map(([t, value]) => `${f(x(t))} ${y(value).toFixed(2)}`).join("L")}"/>`;
  }
  function spans(lane, x, width, height) {
    let out = "", names = "", last = { x1: -9, tone: "" };
    for (const span of lane.spans) {
      if (span.t0 > view.to) break;
      if (span.t1 < view.from) continue;
      const x0 = clamp(x(span.t0), 0, width), x1 = Math.max(clamp(x(span.t1), 0, width), x0 + 1.5);
      if (x1 < last.x1 + 0.7 && span.tone === last.tone && span !== chosen) continue; // hidden behind the one before
      last = { x1, tone: span.tone };
      const low = span.tone === "fired" ? height * 0.45 : 3;
      out += rect(`span ${span.tone}${span === chosen ? " chosen" : ""}`, x0, x1, low, height - low - 3);
      const room = Math.floor((x1 - x0 - 8) / CHARACTER_PX), name = word(lane, span.label);
      if (room >= 3 && span.tone !== "fired") names += `<text class="in" x="${f(x0 + 4)}" y="${lane.curve ? 13 : f(height / 2 + 4)}">${escape(name.length > room ? `${name.slice(0, room - 1)}…` : name)}</text>`;
    }
    return out + names;
  }
  function marks(lane, x, width, height) {
    let out = "", textFree = -1, last = -9;
    const middle = height / 2;
    for (const mark of lane.marks) {
      if (mark.t > view.to) break;
      if (mark.t < view.from) continue;
      const at = x(mark.t);
      if (at - last < 2 && mark !== chosen) continue; // drawn on the one before
      last = at;
      out += `<circle class="mark ${mark.tone}${mark === chosen ? " chosen" : ""}" cx="${f(at)}" cy="${middle}" r="4.5"/>`;
      if (lane.spans.length && !lane.curve) continue; // their labels are there
      const name = word(lane, mark.label), long = name.length * CHARACTER_PX * (root.lang === "zh" ? 1.7 : 1);
      const next = lane.marks.find((other) => other.t > mark.t && x(other.t) - at >= 2);
      if (at > textFree && at + long + 16 < Math.min(width, next ? x(next.t) : width)) {
        out += `<text x="${f(at + 8)}" y="${middle + 4}">${escape(name)}</text>`;
        textFree = at + long;
      }
    }
    return out;
  }
  function overview(x, width, _, height) {
    const whole = view;
    view = { from: 0, to: run.end };
    const all = (t) => (t / run.end) * width;
    const first = run.lanes.find((lane) => lane.curve);
    let out = "";
    for (const { span } of faults) out += rect("shade", all(span.t0), all(span.t1), 0, height);
    if (first) out += spans({ ...first, spans: first.spans.map((one) => ({ ...one, label: "" })) }, all, width, height) + way(first.curve, all, width, height, "small");
    view = whole;
    return `<g class="curve">${out}</g>` + rect("window", all(view.from), Math.max(all(view.to), all(view.from) + 3), 0, height);
  }

  // rows

  function row(into, names, height, kind, drawn) {
    const div = document.createElement("div");
    div.className = `lane ${kind}`;
    div.style.setProperty("--h", `${height}px`);
    div.innerHTML = `<div class="name">${names}</div><svg role="img"></svg>`;
    into.append(div);
    return { div, svg: div.querySelector("svg"), height, draw: drawn };
  }
  const both = (zh, en) => `<span class="zh">${escape(zh)}</span><span class="en">${escape(en)}</span>`;
  const rows = [
    row(document.getElementById("overview"), both("整个运行", "Whole run"), 44, "", overview),
    row(document.getElementById("axis"), both("时间", "Time"), 22, "", axis),
  ];
  for (const lane of run.lanes) {
    const height = !lane.curve ? 26 : lane.curve.unit ? 150 : 48;
    const made = row(chart, both(lane.zh, lane.en), height, lane.curve ? "curve" : "", (x, width, ticked, h) =>
      `<g${lane.curve ? ' class="curve"' : ""}>${frame(x, width, ticked, h)}${spans(lane, x, width, h)}${lane.curve ? way(lane.curve, x, width, h) : ""}${marks(lane, x, width, h)}</g>`);
    made.div.dataset.lane = lane.id;
    made.div.dataset.group = lane.group;
    rows.push(made);
    listen(made.svg, lane);
  }

  // what is at a place

  function found(lane, t, perPx) {
    const near = NEAR_PX * perPx;
    let best = null, least = near;
    for (const mark of lane.marks) {
      const away = Math.abs(mark.t - t);
      if (away <= least) { best = mark; least = away; }
    }
    if (best) return best;
    let shortest = Infinity;
    for (const span of lane.spans) {
      const away = Math.max(span.t0 - t, t - span.t1, 0);
      if (away <= near / 3 && span.t1 - span.t0 < shortest) { best = span; shortest = span.t1 - span.t0; }
    }
    return best;
  }
  function tell(lane, one, t) {
    chosen = one;
    cursor = one ? (one.t ?? clamp(t, one.t0, one.t1)) : t;
    const value = lane.curve && lane.curve.points.length ? `${valueAt(lane.curve.points, cursor).toFixed(3)} ${lane.curve.unit}` : "";
    const time = one && one.t0 !== undefined ? `${clock(one.t0, 1)} – ${clock(one.t1, 1)}` : clock(cursor, 1);
    const text = one && one.data ? JSON.stringify(one.data, null, 1) : "";
    told.hidden = false;
    told.innerHTML = `<button type="button" aria-label="close">×</button><b>${time}</b> ${both(lane.zh, lane.en)} ${value} <b>${one ? escape(word(lane, one.label)) : ""}</b><pre>${escape(text)}</pre>`;
    told.querySelector("button").onclick = () => { told.hidden = true; chosen = cursor = null; redraw(); };
    redraw();
  }

  // hands: drag moves, two fingers or ctrl + wheel zoom, a tap tells

  function listen(svg, lane) {
    const at = (event) => {
      const box = svg.getBoundingClientRect();
      return { t: view.from + ((event.clientX - box.left) / box.width) * (view.to - view.from), perPx: (view.to - view.from) / box.width };
    };
    const down = new Map();
    let moved = 0;
    svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); down.set(event.pointerId, event); moved = 0; });
    svg.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before) return;
      const { perPx } = at(event), dx = event.clientX - before.clientX;
      const other = [...down.values()].find((one) => one.pointerId !== event.pointerId);
      moved += Math.abs(dx);
      if (other) {
        const [was, is] = [Math.abs(before.clientX - other.clientX), Math.abs(event.clientX - other.clientX)];
        if (was > 10 && is > 10) zoom(was / is, at(other).t);
      } else if (moved > 3) show(view.from - dx * perPx, view.to - dx * perPx);
      down.set(event.pointerId, event);
    });
    const up = (event) => {
      const here = at(event);
      if (down.delete(event.pointerId) && moved <= 3 && event.type === "pointerup") tell(lane, found(lane, here.t, here.perPx), here.t);
    };
    svg.addEventListener("pointerup", up);
    svg.addEventListener("pointercancel", up);
    svg.addEventListener("dblclick", (event) => zoom(1 / 3, at(event).t));
    svg.addEventListener("wheel", (event) => {
      if (event.ctrlKey || event.metaKey) zoom(Math.exp(clamp(event.deltaY, -60, 60) / 120), at(event).t);
      else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan((event.deltaX || event.deltaY) / svg.clientWidth);
      else return;
      event.preventDefault();
    }, { passive: false });
  }
  const whole = rows[0].svg;
  let began = null;
  const timeAt = (event) => { const box = whole.getBoundingClientRect(); return clamp((event.clientX - box.left) / box.width, 0, 1) * run.end; };
  whole.addEventListener("pointerdown", (event) => { whole.setPointerCapture(event.pointerId); began = timeAt(event); });
  whole.addEventListener("pointerup", (event) => {
    if (began === null) return;
    const [a, b] = [began, timeAt(event)].sort((one, other) => one - other), half = (view.to - view.from) / 2;
    began = null;
    if ((b - a) / run.end > 0.01) show(a, b); else show(a - half, a + half);
  });

  const acts = { in: () => zoom(0.5), out: () => zoom(2), all: () => show(0, run.end), left: () => pan(-0.4), right: () => pan(0.4) };
  for (const button of document.querySelectorAll("[data-act]")) button.onclick = acts[button.dataset.act];
  for (const button of document.querySelectorAll("[data-lang]")) button.onclick = () => speak(button.dataset.lang);
  const keys = { "+": "in", "=": "in", "-": "out", "0": "all", ArrowLeft: "left", ArrowRight: "right" };
  document.addEventListener("keydown", (event) => { if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) acts[keys[event.key]](); });
  for (const one of document.querySelectorAll("tr[data-t]")) {
    one.onclick = () => {
      cursor = Number(one.dataset.t);
      const half = Math.min(run.end, 2e7) / 2;
      show(cursor - half, cursor + half);
      document.getElementById("timeline").scrollIntoView({ block: "start" });
    };
    one.onkeydown = (event) => { if (event.key === "Enter") one.click(); };
  }
  addEventListener("resize", redraw);
  addEventListener("hashchange", read);
  read();
})();
