/** A text that a linter died of, or did not finish in time: trying the same again would cost the same again. */
export class GaveUp extends Error {}
