/** Style of the page; no external resources, light and dark. */
export const STYLE = `
:root { color-scheme: light dark; --line: #d8dce3; --soft: #f4f5f8; --ink: #1c2330; --dim: #6b7280; --paper: #fff; --accent: #2f5bea; }
@media (prefers-color-scheme: dark) { :root { --line: #333a47; --soft: #1b2029; --ink: #e8eaf0; --dim: #9aa3b2; --paper: #12161d; --accent: #86a3ff; } }
* { box-sizing: border-box; } [hidden] { display: none !important; }
body { margin: 0; font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
header { display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; align-items: center; padding: .9rem 1.25rem; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.05rem; margin: 0; } h2 { font-size: .95rem; margin: 1.1rem 0 .5rem; font-weight: 600; }
nav a, button { font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line); border-radius: 7px; padding: .3rem .7rem; text-decoration: none; cursor: pointer; }
nav { display: flex; gap: .4rem; } button.primary { background: var(--accent); border-color: var(--accent); color: #fff; } button.danger { color: #c62f3b; }
main { padding: 0 1.25rem 2rem; } .legend { display: flex; flex-wrap: wrap; gap: .4rem 1rem; color: var(--dim); }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .4em; }
.week { display: grid; grid-template-columns: 3.2rem repeat(7, minmax(7.5rem, 1fr)); border: 1px solid var(--line); border-radius: 10px; overflow-x: auto; }
.head { padding: .4rem .5rem; text-align: center; border-bottom: 1px solid var(--line); border-left: 1px solid var(--line); font-weight: 600; background: var(--soft); }
.head.today { color: var(--accent); } .hours, .day { position: relative; } .day { border-left: 1px solid var(--line); }
.hour { position: absolute; right: .4rem; color: var(--dim); font-size: .75rem; }
.rule { position: absolute; left: 0; right: 0; border-top: 1px solid var(--line); opacity: .55; }
.open { position: absolute; background: var(--soft); opacity: .8; }
.booking { position: absolute; overflow: hidden; text-align: left; padding: .12rem .35rem; border: 0; border-left: 3px solid; border-radius: 5px; font-size: .76rem; line-height: 1.25; color: #10151f; }
.booking.pending { outline: 2px dashed #b7791f; outline-offset: -2px; } .booking.cancelled, .booking.rejected { text-decoration: line-through; opacity: .38; }
.booking b { display: block; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; } .booking.short { padding-block: 0; } .booking.short b { display: inline; }
dialog { border: 1px solid var(--line); border-radius: 12px; background: var(--paper); color: var(--ink); width: min(30rem, 94vw); padding: 1.1rem 1.25rem; }
dialog::backdrop { background: #0006; } form { display: grid; gap: .55rem; margin: .5rem 0; } fieldset { border: 1px solid var(--line); border-radius: 8px; padding: .5rem .75rem; margin: .6rem 0; }
label { display: grid; gap: .15rem; color: var(--dim); font-size: .8rem; } input, select { font: inherit; color: var(--ink); background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .35rem .5rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; } dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem .8rem; margin: .4rem 0; } dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.error { color: #c62f3b; min-height: 1.2em; } .empty { color: var(--dim); padding: 2rem 0; }
`;

/** Dialogs, submission without leaving the page, and a refresh that never disturbs an open form. */
export const SCRIPT = `
const calendar = document.getElementById("calendar");
const details = document.getElementById("details");
const booking = document.getElementById("book");
const zoneOf = () => document.querySelector("[data-zone]")?.dataset.zone ?? "";
async function refresh() {
  const answer = await fetch(location.pathname + location.search, { headers: { "x-fragment": "calendar" } }).catch(() => null);
  if (answer?.ok) calendar.innerHTML = await answer.text();
}
document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const card = target?.closest("[data-booking]");
  if (card) return openDetails(card.dataset);
  if (target?.closest("[data-open=book]")) return openBooking(null);
  if (target?.closest("[data-close]")) return target.closest("dialog").close();
  const day = target?.closest(".day");
  if (day) {
    const box = day.getBoundingClientRect();
    const span = day.dataset.to - day.dataset.from;
    const minutes = Math.floor((Number(day.dataset.from) + (event.clientY - box.top) / box.height * span) / 15) * 15;
    openBooking(day.dataset.date + "T" + String(Math.floor(minutes / 60)).padStart(2, "0") + ":" + String(minutes % 60).padStart(2, "0"), day.dataset.zone);
  }
});
function openBooking(start, zone) {
  const form = booking.querySelector("form");
  if (start) form.elements.start.value = start;
  form.elements.zone.value = zone ?? zoneOf();
  booking.querySelector(".error").textContent = "";
  booking.showModal();
}
function openDetails(data) {
  for (const [name, value] of Object.entries(JSON.parse(data.booking))) {
    const slot = details.querySelector("[data-field=" + name + "]");
    if (slot) slot.textContent = value ?? "";
  }
  const one = JSON.parse(data.booking);
  for (const form of details.querySelectorAll("form")) {
    form.elements.uid.value = one.uid;
    if (form.elements.zone) form.elements.zone.value = one.zone;
    if (form.elements.start) form.elements.start.value = one.local;
    form.hidden = !form.dataset.when.split(" ").includes(one.state);
  }
  details.querySelector(".error").textContent = "";
  details.showModal();
}
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "application/json" } });
  const result = await answer.json().catch(() => ({ error: "no answer" }));
  if (!answer.ok) { form.closest("dialog").querySelector(".error").textContent = result.error; return; }
  form.closest("dialog").close();
  await refresh();
});
setInterval(() => { if (!document.querySelector("dialog[open]") && !document.hidden) refresh(); }, 2000);
`;
