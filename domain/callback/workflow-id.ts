/** The workflow that watches over a callback. Here and not beside the workflow: its row is written with it. */
export function callbackWorkflowId(companyId: string, callbackId: string): string {
  return `callback:${companyId}:${callbackId}`;
}
