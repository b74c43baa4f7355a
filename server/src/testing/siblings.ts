import { ByteWriter } from '../core/document/update/byte-writer.js';

/** Two clients who both insert at the front without ever having seen each other: Yjs compares each with each. */
export function siblings(each: number): Uint8Array {
  const writer = new ByteWriter();
  const block = (client: number, struct: (i: number) => void) => {
    for (const value of [each, client, 0]) writer.varUint(value);
    for (let i = 0; i < each; i++) struct(i);
  };
  const atFront = () => {
    writer.bytes(new Uint8Array([4, 1]));
    writer.string('content');
    writer.string('x');
  };
  writer.varUint(2);
  block(2, (i) => {
    if (i > 0) return atFront();
    // Comes after all of the other's.
    writer.bytes(new Uint8Array([0x84, 1]));
    writer.varUint(each - 1);
    writer.string('x');
  });
  block(1, atFront);
  writer.varUint(0);
  return writer.finish();
}
