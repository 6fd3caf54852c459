import { createHmac, timingSafeEqual } from "node:crypto";

/** In the order in which they count; Cal.com sends the first, proxies and older set-ups the others. */
const HEADERS = ["x-cal-signature-256", "cal-signature-256", "x-cal-signature", "cal-signature"];
const SIGNATURE = /^(?:sha256=)?([0-9a-f]{64})$/i;

/**
 * Whether a webhook was signed with one of the secrets: HMAC-SHA256 over the raw bytes, in hex. Only the first
 * header that is present counts. The literal `no-secret-provided`, which Cal.com sends for a webhook without a
 * secret, is no signature. Every secret is tried in constant time, so that nothing shows which one fits.
 *
 * Signatures carry no time: a replay is told by its content, not here.
 *
 * @param header looks a header up by its lower-case name
 * @param secrets the active ones, several while rotating; empty ones never fit
 */
export function verifySignature(
  raw: Uint8Array,
  header: (name: string) => string | null | undefined,
  secrets: readonly string[],
): boolean {
  const given = HEADERS.map((name) => header(name)).find((value) => value !== null && value !== undefined);
  const hex = SIGNATURE.exec(given?.trim() ?? "")?.[1];
  if (hex === undefined) return false;
  const signature = Buffer.from(hex, "hex");
  let fits = false;
  for (const secret of secrets) {
    if (secret === "") continue;
    const expected = createHmac("sha256", secret).update(raw).digest();
    if (timingSafeEqual(expected, signature)) fits = true;
  }
  return fits;
}
