import type { Client } from "@temporalio/client";
import { median } from "./statistics.js";

/** What one booking leaves in Temporal. */
export interface HistoryFacts {
  events: number;
  bytes: number;
  workflowTasks: number;
  activities: number;
}

/** The median of each figure over some workflows. */
export async function historyFacts(client: Client, workflowIds: readonly string[]): Promise<HistoryFacts> {
  const all = await Promise.all(workflowIds.map((id) => factsOf(client, id)));
  const middle = (figure: (facts: HistoryFacts) => number) => median(all.map(figure));
  return {
    events: middle((facts) => facts.events),
    bytes: middle((facts) => facts.bytes),
    workflowTasks: middle((facts) => facts.workflowTasks),
    activities: middle((facts) => facts.activities),
  };
}

async function factsOf(client: Client, workflowId: string): Promise<HistoryFacts> {
  const handle = client.workflow.getHandle(workflowId);
  const [{ historyLength, historySize }, history] = await Promise.all([
    handle.describe(),
    handle.fetchHistory(),
  ]);
  const events = history.events ?? [];
  return {
    events: historyLength,
    bytes: historySize ?? 0,
    workflowTasks: events.filter((event) => event.workflowTaskCompletedEventAttributes != null).length,
    activities: events.filter((event) => event.activityTaskCompletedEventAttributes != null).length,
  };
}
