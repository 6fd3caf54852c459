import { z } from "zod";

/** An error answer reduced to what classification reads. Texts hold uids, e-mails and paths: never pass them on. */
export interface ErrorBody {
  /** Class of the exception or code of the database; null in raw Nest answers and foreign bodies. */
  code: string | null;
  /** Everything that was said, one text. */
  message: string;
  /** The property that global validation names. */
  property: string | null;
  /** False for HTML, empty and truncated bodies: not Cal.com's application spoke, or not to the end. */
  readable: boolean;
}

const text = z.string().catch("");
const envelope = z.object({
  error: z.union([
    z.object({ code: z.string().nullish().catch(null), message: text, details: z.unknown().optional() }),
    z.string().transform((message) => ({ code: null, message, details: undefined })),
  ]),
});
const raw = z.object({
  message: z.union([z.string(), z.array(z.string()).transform((all) => all.join(", "))]),
});
const validation = z.object({
  errors: z
    .array(z.object({ property: z.string(), constraints: z.record(z.string(), z.string()).catch({}) }))
    .min(1),
});

/** Reads any of the three error envelopes of the API, and anything else that may stand in their place. */
export function readErrorBody(body: string): ErrorBody {
  const json = parseJson(body);
  if (json === undefined)
    return { code: null, message: body.slice(0, 2_000), property: null, readable: false };

  const wrapped = envelope.safeParse(json);
  if (wrapped.success) {
    const { code, message, details } = wrapped.data.error;
    const checks = validation.safeParse(details).data?.errors ?? [];
    const constraints = checks.flatMap((check) => Object.values(check.constraints));
    return {
      code: code ?? null,
      message: [message, ...constraints].join(" "),
      property: checks[0]?.property ?? null,
      readable: true,
    };
  }
  const plain = raw.safeParse(json);
  return { code: null, message: plain.data?.message ?? "", property: null, readable: plain.success };
}

/** JSON, or undefined for anything that is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
