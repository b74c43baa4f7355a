export abstract class AuditSettings {
  /** 0: for ever. */
  abstract readonly auditDays: number;
}
