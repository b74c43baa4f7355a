export interface BadSetting {
  readonly key: string;
  readonly expected: string;
}

/** The settings are wrong. Names every bad key at once and what it should be; never a value, which may be a secret. */
export class ConfigError extends Error {
  /** EX_CONFIG of sysexits.h: lets a service manager tell a setting to correct from a crash to restart after. */
  static readonly exitCode = 78;

  constructor(readonly settings: readonly BadSetting[]) {
    const width = Math.max(...settings.map(({ key }) => key.length));
    const lines = settings.map(({ key, expected }) => `  ${key.padEnd(width)}  expected ${expected}`);
    const count = settings.length === 1 ? 'One setting is' : `${settings.length} settings are`;
    super([`${count} wrong:`, ...lines].join('\n'));
    this.name = 'ConfigError';
  }
}
