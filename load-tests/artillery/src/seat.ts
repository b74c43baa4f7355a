import { readStage } from './stage.ts';

export const stage = readStage();
let seats = 0;

export interface Context {
  readonly vars: Record<string, unknown>;
}

export interface Seat {
  readonly accessToken: string;
  /** The document of this person, among those who share it; others follow it in the list. */
  readonly documentId: string;
  readonly seat: number;
}

/** Which account and which document: people are spread evenly over both. */
export async function takeSeat(context: Context): Promise<void> {
  const seat = seats++;
  const documentId = stage.documentIds[seat % stage.documentIds.length];
  Object.assign(context.vars, stage.accounts[seat % stage.accounts.length], { seat, documentId });
}

export const seatOf = (context: Context): Seat => context.vars as unknown as Seat;
