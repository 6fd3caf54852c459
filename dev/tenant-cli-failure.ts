/** Said to the person at the shell as it is; everything else is a defect and shows its stack. */
export class Failure extends Error {}
