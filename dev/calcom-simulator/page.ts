import type { Context, Hono } from "hono";
import { html, raw } from "hono/html";
import { z } from "zod";
import { ApiError } from "./answers.js";
import type { Env } from "./api.js";
import type { Control } from "./control.js";
import { SCRIPT, STYLE } from "./page-assets.js";
import { renderCalendar } from "./page-calendar.js";
import type { Store } from "./store.js";
import { fromLocal, isoDay, localDay } from "./zone.js";

const DAY = 86_400_000;

/** The Monday (as a day number) of the week that holds the day. */
function mondayOf(day: number): number {
  return day - ((((day + 3) % 7) + 7) % 7);
}

function weekOf(store: Store, asked: string | undefined): number {
  const zone = [...store.hosts.values()][0]?.timeZone ?? "Europe/Berlin";
  const parsed = asked === undefined ? Number.NaN : Date.parse(`${asked}T00:00:00Z`);
  return mondayOf(Number.isNaN(parsed) ? localDay(zone, Date.now()) : Math.floor(parsed / DAY));
}

const optionalText = z
  .string()
  .transform((text) => (text.trim() === "" ? undefined : text.trim()))
  .optional();
const localStart = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/, "choose a day and a time");
const checked = z
  .string()
  .optional()
  .transform((value) => value === "on");
const zone = z.string().min(1);
const uid = z.string().min(1);

/** Wall time in the calendar's zone as an instant. */
function toInstant(start: string, zoneName: string): string {
  const day = Math.floor(Date.parse(`${start.slice(0, 10)}T00:00:00Z`) / DAY);
  const minutes = Number(start.slice(11, 13)) * 60 + Number(start.slice(14, 16));
  return new Date(fromLocal(zoneName, day, minutes)).toISOString();
}

type Action = (control: Control, fields: Record<string, unknown>) => Promise<unknown>;
const moveFields = z.object({
  uid,
  start: localStart,
  zone,
  by: z.enum(["host", "attendee"]),
  reason: optionalText,
  force: checked,
});
const reasonFields = z.object({ uid, reason: optionalText });
const bookFields = z.object({
  eventTypeId: z.coerce.number().int(),
  start: localStart,
  zone,
  name: z.string().trim().min(1, "a name is needed"),
  email: optionalText,
  phone: optionalText,
  hostId: optionalText,
  title: optionalText,
  force: checked,
});

const actions: Readonly<Record<string, Action>> = {
  book: async (control, fields) => {
    const given = bookFields.parse(fields);
    if (given.email === undefined && given.phone === undefined)
      throw new ApiError(400, "An e-mail or a phone number is needed.");
    return control.book({
      eventTypeId: given.eventTypeId,
      start: toInstant(given.start, given.zone),
      name: given.name,
      ...(given.email === undefined ? {} : { email: given.email }),
      ...(given.phone === undefined ? {} : { phone: given.phone }),
      ...(given.hostId === undefined ? {} : { hostId: Number(given.hostId) }),
      responses: { title: given.title ?? given.name },
      timeZone: given.zone,
      force: given.force,
    });
  },
  move: async (control, fields) => {
    const given = moveFields.parse(fields);
    const start = toInstant(given.start, given.zone);
    return control.move({ uid: given.uid, start, by: given.by, reason: given.reason, force: given.force });
  },
  cancel: async (control, fields) => control.cancel(reasonFields.parse(fields)),
  confirm: async (control, fields) => control.confirm({ uid: reasonFields.parse(fields).uid }),
  decline: async (control, fields) => control.decline(reasonFields.parse(fields)),
  "request-reschedule": async (control, fields) => control.requestReschedule(reasonFields.parse(fields)),
  reassign: async (control, fields) => control.reassign({ uid: reasonFields.parse(fields).uid }),
  "no-show": async (control, fields) =>
    control.markNoShow({ uid: reasonFields.parse(fields).uid, attendee: true }),
};

/** The page at `/`: every host's week, and what a person does in Cal.com's own UI. */
export function registerPage(app: Hono<Env>, control: Control, store: Store): void {
  app.get("/", (c) => {
    const week = weekOf(store, c.req.query("week"));
    const calendar = renderCalendar(store, week);
    if (c.req.header("x-fragment") === "calendar") return c.html(calendar);
    return c.html(document(store, week, calendar));
  });
  app.post("/page/:action", async (c) => {
    // A page of another site must not be able to book here through the visitor's browser.
    if (c.req.header("sec-fetch-site") === "cross-site") return c.json({ error: "cross-site" }, 403);
    const action = actions[c.req.param("action")];
    if (action === undefined) return c.json({ error: "no such action" }, 404);
    try {
      await action(control, await c.req.parseBody());
      return done(c);
    } catch (error) {
      if (error instanceof ApiError) return c.json({ error: error.message }, 400);
      if (error instanceof z.ZodError)
        return c.json({ error: error.issues.map((i) => i.message).join(", ") }, 400);
      throw error;
    }
  });
}

function done(c: Context<Env>): Response {
  return c.req.header("accept") === "application/json" ? c.json({ ok: true }) : c.redirect("/", 303);
}

type Html = ReturnType<typeof html>;

function document(store: Store, week: number, calendar: Html): Html {
  const types = [...store.eventTypes.values()].filter((type) => type.schedulingType !== "managed");
  const hosts = [...store.hosts.values()];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cal.com simulator</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
  <h1>Cal.com simulator</h1>
  <nav>
    <a href="/?week=${isoDay(week - 7)}" aria-label="Week before">←</a>
    <a href="/">Today</a>
    <a href="/?week=${isoDay(week + 7)}" aria-label="Week after">→</a>
  </nav>
  <strong>${isoDay(week)} – ${isoDay(week + 6)}</strong>
  <button class="primary" data-open="book">Book</button>
</header>
<main id="calendar">${calendar}</main>
<dialog id="book">
  <h2>Book as a customer or a host would in Cal.com</h2>
  <form method="post" action="/page/book">
    <label>Event type <select name="eventTypeId" required>${types.map(
      (type) => html`<option value="${type.id}">${type.title} (${type.lengthInMinutes} min)</option>`,
    )}</select></label>
    <label>Host <select name="hostId"><option value="">whoever is free</option>${hosts.map(
      (host) => html`<option value="${host.id}">${host.name}</option>`,
    )}</select></label>
    <label>Start <input type="datetime-local" name="start" step="300" required></label>
    <label>Zone <input name="zone" required></label>
    <label>Name <input name="name" required maxlength="200" autocomplete="off"></label>
    <label>E-mail <input type="email" name="email" autocomplete="off"></label>
    <label>Phone <input type="tel" name="phone" autocomplete="off"></label>
    <label>Title <input name="title" autocomplete="off"></label>
    <label class="row"><input type="checkbox" name="force"> over hours and other bookings</label>
    <div class="row"><button class="primary">Book</button><button type="button" data-close>Close</button></div>
  </form>
  <p class="error" role="alert"></p>
</dialog>
<dialog id="details">
  <h2 data-field="title"></h2>
  <dl>
    <dt>Status</dt><dd data-field="status"></dd><dt>When</dt><dd data-field="when"></dd>
    <dt>Host</dt><dd data-field="host"></dd><dt>Customer</dt><dd data-field="customer"></dd>
    <dt>uid</dt><dd data-field="uid"></dd><dt>Replaces</dt><dd data-field="from"></dd><dt>Replaced by</dt><dd data-field="to"></dd>
    <dt>Metadata</dt><dd data-field="metadata"></dd>
  </dl>
  <form method="post" action="/page/move" data-when="accepted pending requested"><fieldset>
    <input type="hidden" name="uid"><input type="hidden" name="zone">
    <div class="row"><label>New start <input type="datetime-local" name="start" step="300" required></label>
    <label>By <select name="by"><option value="host">host</option><option value="attendee">customer</option></select></label>
    <label>Reason <input name="reason"></label>
    <label>Force <input type="checkbox" name="force"></label><button>Move</button></div>
  </fieldset></form>
  ${[
    simpleForm("confirm", "Confirm", "pending", false),
    simpleForm("decline", "Decline", "pending", true),
    simpleForm("reassign", "Reassign to another host", "accepted", false),
    simpleForm("request-reschedule", "Request reschedule", "accepted pending", true),
    simpleForm("no-show", "Customer did not come", "accepted", false),
    simpleForm("cancel", "Cancel booking", "accepted pending", true),
  ]}
  <p class="error" role="alert"></p>
  <button data-close>Close</button>
</dialog>
<script>${raw(SCRIPT)}</script>
</body>
</html>`;
}

function simpleForm(action: string, label: string, when: string, hasReason: boolean): Html {
  const reason = hasReason ? html`<label>Reason <input name="reason"></label>` : "";
  return html`<form method="post" action="/page/${action}" data-when="${when}"><input type="hidden" name="uid">
    <div class="row">${reason}<button class="${action === "cancel" ? "danger" : ""}">${label}</button></div></form>`;
}
