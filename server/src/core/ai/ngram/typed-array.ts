type Numbers = Int32Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** `array`, or a copy of it with room for at least `length`, half as long again so that growth stays linear. */
export const grown = <T extends Numbers>(array: T, length: number): T => {
  if (length <= array.length) return array;
  const larger = new (array.constructor as new (length: number) => T)(Math.max(length, array.length * 1.5) | 0);
  larger.set(array);
  return larger;
};
