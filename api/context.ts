/** What the middleware puts into a request's context. */
export interface RequestContext {
  Variables: { requestId: string };
}

/** Behind a company's token: it alone decides the tenant. */
export interface TenantContext {
  Variables: { requestId: string; companyId: string };
}
