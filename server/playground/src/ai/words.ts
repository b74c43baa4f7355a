const NEXT = /^\s*(?:[\p{L}\p{N}_$]+|[^\s\p{L}\p{N}_$]+)/u;

/** The length of the first word of a text, or of its first signs, with the space before it; in UTF-16 units. */
export const firstWord = (text: string): number => NEXT.exec(text)?.[0].length ?? text.length;
