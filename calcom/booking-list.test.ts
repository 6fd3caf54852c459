import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BOOKING, LIVE, raw, type Scripted, scripted } from "./fixtures/scripted-server.js";

let cal: Scripted;

beforeEach(async () => {
  cal = await scripted();
});

afterEach(() => cal.close());

type Row = Record<string, unknown>;

/** Serves `rows` by take and skip, and changes nothing for any filter: as Cal.com did more than once. */
function serveAll(rows: Row[], onPage: (page: number) => void = () => {}) {
  let page = 0;
  cal.handler = (each, response) => {
    onPage(page);
    page += 1;
    const take = Number(each.query.take ?? 100);
    const skip = Number(each.query.skip ?? 0);
    const data = rows.slice(skip, skip + take);
    const hasNextPage = skip + take < rows.length;
    response.end(JSON.stringify({ status: "success", data, pagination: { hasNextPage } }));
  };
}

const row = (uid: string, over: Row = {}): Row => ({ ...BOOKING, uid, ...over });
const uids = (bookings: { uid: string }[]) => bookings.map((each) => each.uid);

describe("a list of bookings", () => {
  it("is read to its last page, each booking once", async () => {
    const rows = Array.from({ length: 612 }, (_, i) => row(`u${i}`));
    serveAll(rows);
    const found = await cal.client.listBookings(cal.account, {}, LIVE);
    expect(found).toHaveLength(612);
    expect(cal.seen.map((each) => each.query.skip ?? "0")).toEqual(["0", "240", "480"]);
    expect(cal.seen[0]).toMatchObject({
      path: "/v2/bookings",
      version: "2024-08-13",
      query: { take: "250" },
    });
  });

  it("loses no booking when a few move to its end while it is read", async () => {
    const rows = Array.from({ length: 400 }, (_, i) => row(`u${i}`));
    serveAll(rows, (page) => {
      if (page === 1) rows.push(...rows.splice(0, 5));
    });
    expect(await cal.client.listBookings(cal.account, { sortUpdatedAt: "asc" }, LIVE)).toHaveLength(400);
  });

  it("ends with a short page when there is no pagination block", async () => {
    const rows = Array.from({ length: 7 }, (_, i) => row(`u${i}`));
    cal.handler = raw(200, JSON.stringify({ status: "success", data: rows }));
    expect(await cal.client.listBookings(cal.account, {}, LIVE)).toHaveLength(7);
    expect(cal.seen).toHaveLength(1);
  });

  it("is filtered again here, whatever Cal.com did with the filters", async () => {
    const at = (start: string, end: string) => ({ start, end });
    serveAll([
      row("wanted", { updatedAt: "2031-03-02T00:00:00Z" }),
      row("other-type", { eventTypeId: 51, updatedAt: "2031-03-02T00:00:00Z" }),
      row("no-type", { eventTypeId: null, updatedAt: "2031-03-02T00:00:00Z" }),
      row("stranger", {
        attendees: [{ name: "X", email: "x@example.org", timeZone: "UTC" }],
        updatedAt: "2031-03-02T00:00:00Z",
      }),
      row("early", {
        ...at("2031-03-04T08:59:59Z", "2031-03-04T09:30:00Z"),
        updatedAt: "2031-03-02T00:00:00Z",
      }),
      row("late", {
        ...at("2031-03-04T09:00:00Z", "2031-03-04T09:30:01Z"),
        updatedAt: "2031-03-02T00:00:00Z",
      }),
      row("unchanged", { updatedAt: "2031-03-01T11:59:59Z" }),
      row("unchanged-since-created", { updatedAt: null, createdAt: "2031-03-01T08:00:00Z" }),
      row("created-since", { updatedAt: null, createdAt: "2031-03-01T12:00:00Z" }),
    ]);
    const found = await cal.client.listBookings(
      cal.account,
      {
        eventTypeIds: [50],
        attendeeEmail: "JOERG@example.org",
        afterStart: new Date("2031-03-04T09:00:00Z"),
        beforeEnd: new Date("2031-03-04T09:30:00Z"),
        afterUpdatedAt: new Date("2031-03-01T12:00:00Z"),
      },
      LIVE,
    );
    expect(uids(found)).toEqual(["wanted", "created-since"]);
    expect(cal.seen[0]?.query).toMatchObject({
      eventTypeId: "50",
      attendeeEmail: "joerg@example.org",
      afterStart: "2031-03-04T09:00:00.000Z",
      beforeEnd: "2031-03-04T09:30:00.000Z",
      afterUpdatedAt: "2031-03-01T12:00:00.000Z",
    });
  });

  it("finds a phone-only attendee by the address that Cal.com made up", async () => {
    serveAll([
      row("wanted", { attendees: [{ name: "J", email: "4915112345678@sms.cal.com" }] }),
      row("other"),
    ]);
    const found = await cal.client.listBookings(
      cal.account,
      { attendeeEmail: "4915112345678@sms.cal.com" },
      LIVE,
    );
    expect(uids(found)).toEqual(["wanted"]);
    expect(found[0]?.attendees[0]).toMatchObject({ email: null, phone: "+4915112345678" });
  });

  it("keeps to Cal.com's meaning of a status", async () => {
    const past = { start: "2020-01-01T09:00:00Z", end: "2020-01-01T09:30:00Z" };
    serveAll([
      row("ahead"),
      row("pending", { status: "pending" }),
      row("over", past),
      row("cancelled", { status: "cancelled" }),
      row("rejected", { status: "REJECTED", ...past }),
    ]);
    const by = async (status: "upcoming" | "past" | "cancelled" | "unconfirmed") =>
      uids(await cal.client.listBookings(cal.account, { status }, LIVE));
    expect(await by("upcoming")).toEqual(["ahead", "pending"]);
    expect(await by("past")).toEqual(["over"]);
    expect(await by("cancelled")).toEqual(["cancelled", "rejected"]);
    expect(await by("unconfirmed")).toEqual(["pending"]);
    const both = await cal.client.listBookings(cal.account, { status: ["past", "unconfirmed"] }, LIVE);
    expect(uids(both)).toEqual(["pending", "over"]);
    expect(cal.seen.at(-1)?.query.status).toBe("past,unconfirmed");
  });

  it("stops at the wanted number, in the wanted order", async () => {
    serveAll(
      Array.from({ length: 60 }, (_, i) => row(`u${i}`, { createdAt: new Date(60_000 * i).toISOString() })),
    );
    const found = await cal.client.listBookings(cal.account, { sortCreated: "desc", maxItems: 3 }, LIVE);
    expect(uids(found)).toEqual(["u9", "u8", "u7"]);
    expect(cal.seen).toHaveLength(1);
    expect(cal.seen[0]?.query).toMatchObject({ take: "10", sortCreated: "desc" });
  });

  it("goes on without a row that cannot be read, and says so", async () => {
    serveAll([row("a"), { uid: "broken" }, row("b")]);
    expect(uids(await cal.client.listBookings(cal.account, {}, LIVE))).toEqual(["a", "b"]);
    expect(cal.logged.join()).toContain("cannot be read");
  });

  it("of no event type at all is empty, without a request", async () => {
    serveAll([row("a")]);
    expect(await cal.client.listBookings(cal.account, { eventTypeIds: [] }, LIVE)).toEqual([]);
    expect(cal.seen).toEqual([]);
  });

  it("asks for several event types at once, for a team and by a cursor in time", async () => {
    serveAll([]);
    await cal.client.listBookings(
      cal.account,
      { eventTypeIds: [50, 51], teamId: 9, sortUpdatedAt: "asc" },
      LIVE,
    );
    expect(cal.seen[0]?.query).toEqual({
      eventTypeIds: "50,51",
      teamId: "9",
      sortUpdatedAt: "asc",
      take: "250",
    });
  });
});
