/**
 * `cal-api-version` per family of endpoints. It decides the routing: a missing or wrong value silently falls
 * back to another controller. This set works on the hosted service and on self-hosted instances alike, newer
 * values only on the hosted one.
 */
export interface ApiVersions {
  bookings: string;
  slots: string;
  eventTypes: string;
  /** me, teams, webhooks: unversioned, any value is accepted. */
  unversioned: string;
}

/** The pinned versions. */
export const API_VERSIONS: ApiVersions = {
  bookings: "2024-08-13",
  slots: "2024-09-04",
  eventTypes: "2024-06-14",
  unversioned: "2024-08-13",
};

/** The pinned versions with an installation's overrides. */
export function versionsWith(overrides: Partial<ApiVersions> = {}): ApiVersions {
  const given = Object.entries(overrides).filter(([, version]) => version !== undefined);
  return { ...API_VERSIONS, ...Object.fromEntries(given) };
}
