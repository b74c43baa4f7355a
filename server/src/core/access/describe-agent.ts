/** The first that fits: others carry the names of those below them for the sake of old web pages. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];

const MAX_LENGTH = 60;
const MAX_READ = 512;

/**
 * A `User-Agent` header in a few words, such as `Firefox on Linux`, for people who look for a session that is not theirs. Other
 * programs by their own name (`curl/8.5.0`). Null when it says nothing.
 */
export function describeAgent(header: string | undefined): string | null {
  const agent = (header ?? '').slice(0, MAX_READ).trim();
  const browser = firstOf(BROWSERS, agent);
  const system = firstOf(SYSTEMS, agent);
  if (browser !== undefined) return system === undefined ? browser : `${browser} on ${system}`;
  // Its own name comes first; what is no printable ASCII is no name.
  const [product = ''] = agent.split(/[\s(]/, 1);
  return product.replace(/[^\x21-\x7e]/g, '').slice(0, MAX_LENGTH) || null;
}

function firstOf(names: readonly (readonly [RegExp, string])[], agent: string): string | undefined {
  return names.find(([form]) => form.test(agent))?.[1];
}
