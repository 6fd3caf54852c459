import { IANAZone } from "luxon";
import { z } from "zod";
import { REGIONS } from "../availability/holidays.js";
import { centsSchema, policyRulesSchema } from "../policy/rules.js";
import { VOICE_TOOLS } from "../voice/tools.js";
import { weekHoursSchema } from "./hours.js";
import { isSlug } from "./slug.js";

const MAX_INTEGER = 2_147_483_647;
const CURRENCIES = new Set(Intl.supportedValuesOf("currency"));

const slug = z.string().refine(isSlug, "lower case letters and digits, joined by single - or _, up to 64");
const text = z.string().trim().min(1).max(200);
const externalId = z.int().min(1).max(MAX_INTEGER);
const secret = z
  .string()
  .min(1)
  .max(500)
  // The literal that Cal.com signs with when a webhook has no secret: everybody knows it.
  .refine((value) => value !== "no-secret-provided", "this is what Cal.com sends when there is no secret");
const phone = z.e164("a phone number in E.164, as +493033081738");
const timeZone = z.string().refine(isZone, "an IANA time zone, as Europe/Berlin");

function isZone(name: string): boolean {
  return /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name);
}

/** A language that exists: the form alone would let "deutsch" pass. */
function isLocale(name: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(name).length === 1;
  } catch {
    return false;
  }
}

const httpUrl = z
  .url({ protocol: /^https?$/, error: "an http or https URL" })
  .max(500)
  .refine(
    (value) => !URL.canParse(value) || (new URL(value).username === "" && new URL(value).password === ""),
    {
      error: "without user and password: the key stands in apiKey",
    },
  );

const calcomSchema = z.strictObject({
  /** `null`: the installation's. */
  baseUrl: httpUrl.nullable().default(null),
  /** Left out: stays as it is; `null`: the installation's. */
  apiKey: secret.nullable().optional(),
  teamId: externalId.nullable().default(null),
  /** Left out: stay as they are; the first is the newest. */
  webhookSecrets: z.array(secret).max(10).optional(),
});

const retellSchema = z.strictObject({
  /** Left out: stay as they are. */
  apiKeys: z.array(secret).max(10).optional(),
  agentIds: z.array(text).default([]),
});

const voiceToolSchema = z.strictObject({
  enabled: z.boolean().default(true),
  /** When it may be used; left out: always. */
  hours: weekHoursSchema.optional(),
});

/** What callers of a branch may do by voice, and when; a tool that is not named is on. */
const voiceSchema = z.strictObject({
  tools: z.partialRecord(z.enum(VOICE_TOOLS), voiceToolSchema).default({}),
  /** Numbers whose calls are not taken. */
  rejectNumbers: z.array(phone).max(1000).optional(),
});

const branchSchema = z.strictObject({
  slug,
  name: text,
  /** `null`: the company's. */
  timeZone: timeZone.nullable().default(null),
  phoneNumbers: z.array(phone).default([]),
  openingHours: weekHoursSchema,
  closedOn: z.array(z.iso.date("a date YYYY-MM-DD")).max(1000).default([]),
  notifyEmails: z.array(z.email()).default([]),
  /** ISO 3166-2, as DE-BE: public holidays there are closed days. Left out: none are observed. */
  region: z.enum(REGIONS, "a region whose public holidays are known, as DE-BE").nullable().optional(),
  /** Days on which it opens although they are public holidays. */
  openOn: z.array(z.iso.date("a date YYYY-MM-DD")).max(1000).optional(),
  voice: voiceSchema.optional(),
});

const staffSchema = z.strictObject({
  slug,
  name: text,
  email: z.email().nullable().default(null),
  /** May be left out where the company has one branch. */
  branches: z.array(slug).optional(),
  skills: z.array(text).default([]),
  workingHours: weekHoursSchema,
  calcomUserId: externalId.nullable().default(null),
});

const phaseSchema = z.strictObject({
  key: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "letters, digits, - and _, up to 64"),
  minutes: z.int().min(1).max(1440),
  staffRequired: z.boolean().default(true),
});

const serviceSchema = z.strictObject({
  slug,
  name: text,
  aliases: z.array(text).default([]),
  category: text.nullable().default(null),
  skill: text.nullable().default(null),
  priceCents: centsSchema.default(0),
  minimumNoticeMinutes: z.int().min(0).max(525_600).default(120),
  maximumDaysAhead: z.int().min(1).max(3650).default(180),
  bufferAfterMinutes: z.int().min(0).max(1440).default(0),
  sameStaff: z.boolean().default(true),
  phases: z
    .array(phaseSchema)
    .min(1)
    .max(50)
    .refine((phases) => phases.length === 0 || phases.some((phase) => phase.staffRequired), {
      error: "at least one phase must have staffRequired",
    }),
});

const eventTypeSchema = z.strictObject({
  service: slug,
  phase: z.string().default("main"),
  /** `null`: Cal.com chooses the host (round robin). */
  staff: slug.nullable().default(null),
  /** `null`: any branch. */
  branch: slug.nullable().default(null),
  calcomEventTypeId: externalId,
});

const policySchema = z
  .strictObject({
    for: z
      .strictObject({
        branch: slug.nullable().optional(),
        service: slug.nullable().optional(),
        staff: slug.nullable().optional(),
      })
      .default({}),
  })
  .extend(policyRulesSchema.shape);

/** A company as one document (contract.md 7). References between its parts are checked by `parseDocument`. */
export const tenantDocumentSchema = z.strictObject({
  name: text,
  timeZone: timeZone.default("Europe/Berlin"),
  locale: z.string().refine(isLocale, "a language tag, as de-DE").default("de-DE"),
  currency: z
    .string()
    .refine((code) => CURRENCIES.has(code), "an ISO 4217 code, as EUR")
    .default("EUR"),
  settings: z.record(z.string(), z.unknown()).default({}),
  calcom: calcomSchema.prefault({}),
  retell: retellSchema.prefault({}),
  branches: z.array(branchSchema).max(500).default([]),
  staff: z.array(staffSchema).max(2000).default([]),
  services: z.array(serviceSchema).max(2000).default([]),
  eventTypes: z.array(eventTypeSchema).max(20_000).default([]),
  policies: z.array(policySchema).max(2000).default([]),
  /** What a GET gives; ignored, so that what was read can be sent back. Tokens have routes of their own. */
  tokens: z.array(z.unknown()).optional(),
});
