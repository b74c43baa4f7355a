/** Lines of words, the same every time. */
export function longText(characters: number): string {
  const words = ['the', 'quick', 'brown', 'fox', 'jumps', 'over', 'a', 'lazy', 'dog'];
  let text = '';
  for (let n = 0; text.length < characters; n++)
    text += `${words[(n * 5 + (n >> 3)) % words.length]}${n % 11 === 0 ? '\n' : ' '}`;
  return text.slice(0, characters);
}

/** A source with enough repetition to be completed: `functions` functions that differ in their names. */
export function codeText(functions: number): string {
  const nouns = ['order', 'invoice', 'customer', 'product', 'shipment'];
  return Array.from({ length: functions }, (_, n) => {
    const noun = nouns[n % nouns.length];
    return [
      `export function describe${n}(${noun}: Item): string {`,
      `  if (${noun}.name === undefined) return 'unknown';`,
      `  return \`\${${noun}.name} (\${${noun}.id})\`;`,
      '}',
      '',
    ].join('\n');
  }).join('\n');
}
