import { randomUUID } from "node:crypto";
import type { ApplyOptions } from "../../db/tenant/apply.js";
import type { Installation } from "../../db/tenant/directory.js";
import { parseDocument, type TenantDocument } from "../../domain/tenant/document.js";

export const INSTALLATION: Installation = {
  baseUrl: "https://api.cal.test/v2",
  apiKey: "cal_installation",
  webhookSecrets: ["installation-secret"],
  retellKeys: [],
};

export const OPTIONS: ApplyOptions = {
  secretsKey: "a passphrase of at least 32 characters",
  installation: INSTALLATION,
};

let lastEventType = 1_000;

/** An id that no other test of this file claims. */
export function newEventType(): number {
  lastEventType += 1;
  return lastEventType;
}

export function newSlug(): string {
  return `shop-${randomUUID().slice(0, 8)}`;
}

export interface Shop {
  calcom?: Record<string, unknown>;
  eventTypes?: number[];
  staff?: string[];
  name?: string;
}

/** A small company: one service for each event type, with two phases of which the second is a gap. */
export function shop({
  calcom = {},
  eventTypes = [newEventType()],
  staff = ["ida", "ole"],
  name = "Klein",
}: Shop = {}): TenantDocument {
  return parseDocument({
    name,
    calcom,
    branches: [
      { slug: "laden", name: "Laden", openingHours: { mon: ["09:00-19:00"] }, closedOn: ["2026-12-25"] },
    ],
    staff: staff.map((slug) => ({
      slug,
      name: slug,
      skills: ["cut"],
      workingHours: { mon: ["09:00-12:00", "13:00-18:00"] },
    })),
    services: eventTypes.map((id) => ({
      slug: `service-${id}`,
      name: `Service ${id}`,
      aliases: ['ä, "ö" {ü}'],
      skill: "cut",
      phases: [
        { key: "a", minutes: 30 },
        { key: "gap", minutes: 10, staffRequired: false },
      ],
    })),
    eventTypes: eventTypes.map((id) => ({ service: `service-${id}`, phase: "a", calcomEventTypeId: id })),
    policies: [{ for: { branch: "laden" }, cancel: { noticeMinutes: 60, fee: { percent: 12.5 } } }],
  });
}
