/** One character for each person whose documents are open. */
export const READY_FILE = 'ready';
/** One line for each person whose documents are open again: when, in epoch milliseconds. */
export const BACK_FILE = 'back';
