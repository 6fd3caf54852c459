import { createHmac, timingSafeEqual } from "node:crypto";

const HEADER = /^v=(\d{1,16}),d=([0-9a-f]{64})$/i;
/** Both ways; clocks differ (voice-agents 1.5). */
const TOLERANCE_MS = 5 * 60_000;

/**
 * Retell's signature: `v` is Unix time in milliseconds, `d` the HMAC-SHA256 of the raw body followed by `v`, keyed
 * with an API key of the workspace. Compared in constant time, with every key that counts while one is rotated.
 * (Our own: the SDK's check is asynchronous, and un-awaited it accepts everything.)
 *
 * @param now milliseconds since the epoch
 */
export function verifyRetellSignature(
  raw: Uint8Array,
  header: string | undefined,
  keys: readonly string[],
  now: number,
): boolean {
  const match = HEADER.exec(header ?? "");
  const at = match?.[1];
  const given = match?.[2];
  if (at === undefined || given === undefined) return false;
  if (!Number.isSafeInteger(Number(at)) || Math.abs(now - Number(at)) > TOLERANCE_MS) return false;
  const digest = Buffer.from(given, "hex");
  let fits = false;
  for (const key of keys) {
    const expected = createHmac("sha256", key).update(raw).update(at).digest();
    // Every key is tried, so that the time says nothing about which one fits.
    if (timingSafeEqual(expected, digest)) fits = true;
  }
  return fits;
}

/** The header as Retell sends it; for whoever plays Retell: tests, the benchmark, `npm run call`. */
export function signRetell(raw: Uint8Array | string, key: string, now: number): string {
  return `v=${now},d=${createHmac("sha256", key).update(raw).update(String(now)).digest("hex")}`;
}
