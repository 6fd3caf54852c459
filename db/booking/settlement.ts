/** What Cal.com said of one phase. */
export interface PhaseResult {
  operationId: string;
  phaseKey: string;
  uid: string;
  previousUid: string | null;
  accepted: boolean;
  /** Whom Cal.com put on it; `null`: it said nobody that we know. */
  staffId: string | null;
  start: Date;
  end: Date;
}

/** Which command of which appointment is settled; without one it is an operator's or Cal.com's doing. */
export interface Settlement {
  companyId: string;
  appointmentId: string;
  commandId: string | null;
}
