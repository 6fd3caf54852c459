/**
 * A Cal.com base URL as ownership of event types compares it: case, default port, a dot at the end of the host
 * and slashes at the end aside (contract.md 4). Two tenants may name the same event type only when this differs.
 *
 * @throws TypeError when it is no URL.
 */
export function calcomInstance(baseUrl: string): string {
  const url = new URL(baseUrl);
  const host = url.host.replace(/\.(?=:|$)/, "");
  return `${url.protocol}//${host}${url.pathname.replace(/\/+$/, "")}`.toLowerCase();
}
