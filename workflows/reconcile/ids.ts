/** One Schedule per company; its runs are named `reconcile:{companyId}-{instant}` by Temporal. */
export function reconcileScheduleId(companyId: string): string {
  return `reconcile:${companyId}`;
}

/** A run that somebody asked for; it may overlap with a scheduled one, the inbox's keys keep them apart. */
export function manualReconcileWorkflowId(companyId: string, requestId: string): string {
  return `reconcile:${companyId}:manual:${requestId}`;
}
