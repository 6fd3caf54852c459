const MADE_UP = /^\+?(\d{5,20})@sms\.cal\.com$/i;

/**
 * The phone number behind the address that Cal.com makes up for an attendee without e-mail
 * (`4915112345678@sms.cal.com`), with a plus; null for a real address. Never mail to a made-up one.
 */
export function phoneOfMadeUpEmail(email: string | null | undefined): string | null {
  const digits = MADE_UP.exec(email?.trim() ?? "")?.[1];
  return digits === undefined ? null : `+${digits}`;
}

/** The address under which Cal.com lists an attendee who gave only a phone number: for look-ups. */
export function madeUpEmail(phone: string): string {
  return `${phone.replace(/\D/g, "")}@sms.cal.com`;
}

/** The address as Cal.com can be asked for it (its filter is case-sensitive), or null for a made-up or empty one. */
export function realEmail(email: string | null | undefined): string | null {
  const trimmed = email?.trim().toLowerCase() ?? "";
  return trimmed === "" || phoneOfMadeUpEmail(trimmed) !== null ? null : trimmed;
}
