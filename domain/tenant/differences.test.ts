import { describe, expect, it } from "vitest";
import { differences } from "./differences.js";
import { parseDocument, type TenantDocument } from "./document.js";

const base = parseDocument({
  name: "Klein",
  calcom: { apiKey: "cal_live_old", webhookSecrets: ["one"] },
  branches: [
    { slug: "nord", name: "Nord", openingHours: { mon: ["09:00-12:00"] } },
    { slug: "sued", name: "Süd", openingHours: {} },
  ],
  staff: [{ slug: "ida", name: "Ida", branches: ["nord"], workingHours: { mon: ["09:00-12:00"] } }],
  services: [{ slug: "schnitt", name: "Schnitt", phases: [{ key: "main", minutes: 30 }] }],
  eventTypes: [
    { service: "schnitt", calcomEventTypeId: 1 },
    { service: "schnitt", staff: "ida", calcomEventTypeId: 2 },
  ],
  policies: [{ cancel: { noticeMinutes: 60 } }],
});

const change = (changes: Partial<TenantDocument>): TenantDocument => ({ ...base, ...changes });

describe("differences of two documents", () => {
  it("are none between equal ones, whatever the order of event types and with secrets left out.", () => {
    const { apiKey: _a, webhookSecrets: _w, ...calcom } = base.calcom;
    expect(differences(base, base)).toEqual([]);
    expect(differences(base, change({ calcom, eventTypes: base.eventTypes.toReversed() }))).toEqual([]);
  });

  it("name what changed, what came and what went, by its name.", () => {
    const after = change({
      name: "Groß",
      branches: base.branches.toReversed(),
      staff: [
        ...base.staff.map((one) => ({ ...one, workingHours: { mon: ["10:00-12:00"] } })),
        ...base.staff.map((one) => ({ ...one, slug: "ole", name: "Ole" })),
      ],
      eventTypes: base.eventTypes.slice(0, 1),
      policies: [{ for: {}, cancel: { noticeMinutes: 90, maxPerCustomerPerMonth: null } }],
    });
    const found = differences(base, after);
    expect(found.map(({ path }) => path)).toEqual([
      "name",
      "branches",
      "staff[ida].workingHours.mon",
      "staff[ole]",
      "eventTypes[schnitt/main/ida/*]",
      "policies[company].cancel.noticeMinutes",
    ]);
    expect(found[1]).toEqual({ path: "branches", before: ["nord", "sued"], after: ["sued", "nord"] });
    expect(found[2]).toMatchObject({ before: ["09:00-12:00"], after: ["10:00-12:00"] });
    expect(found[3]).toMatchObject({ before: null, after: { slug: "ole" } });
    expect(found[4]).toMatchObject({ before: { calcomEventTypeId: 2 }, after: null });
  });

  it("show of a secret only that it is there or changed.", () => {
    const found = differences(
      base,
      change({
        calcom: { ...base.calcom, apiKey: "cal_live_new", webhookSecrets: [] },
        retell: { apiKeys: ["key_x"], agentIds: [] },
      }),
    );
    expect(found).toEqual([
      { path: "calcom.apiKey", before: "…set", after: "…changed" },
      { path: "calcom.webhookSecrets", before: "…set", after: null },
      { path: "retell.apiKeys", before: null, after: "…set" },
    ]);
    expect(JSON.stringify(differences(null, base))).not.toContain("cal_live");
  });
});
