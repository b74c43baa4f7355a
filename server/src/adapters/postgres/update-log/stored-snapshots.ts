import { checksum } from '../../../core/document/checksum.js';
import { StoredDataCorrupt, type StoredSnapshot } from '../../../core/document/update-log.js';
import { inPieces, PIECE_BYTES, pieceOf, type Query } from './stored-rows.js';

const COLUMNS = ['structs', 'struct_index', 'delete_set'] as const;
type Column = (typeof COLUMNS)[number];

/** Of a snapshot `s`: all of a small one, and the beginnings of a large one. */
export const SNAPSHOT_COLUMNS = [
  's.seq AS stored_seq, s.checksum',
  ...COLUMNS.map((column) => `octet_length(s.${column}) AS ${column}_length`),
  ...COLUMNS.map((column) => `substring(s.${column} from 1 for ${PIECE_BYTES}) AS ${column}`),
].join(', ');

export type FoundSnapshot = { snapshot_id: string; stored_seq: string; checksum: string } & Record<
  `${Column}_length`,
  number
> &
  Record<Column, Buffer>;

const PIECES: Readonly<Record<Column, string>> = {
  structs: pieceStatement('structs'),
  struct_index: pieceStatement('struct_index'),
  delete_set: pieceStatement('delete_set'),
};

/** Reads what is not there yet. Rejects with StoredDataCorrupt when the whole does not match its checksum. */
export async function completeSnapshot(query: Query, found: FoundSnapshot): Promise<StoredSnapshot> {
  const whole = async (column: Column): Promise<Uint8Array> => {
    const length = found[`${column}_length`];
    if (length <= PIECE_BYTES) return found[column];
    return inPieces(
      async (at) => (at === 1 ? found[column] : pieceOf(query, PIECES[column], [found.snapshot_id, at])),
      length,
    );
  };
  const structs = await whole('structs');
  const structIndex = await whole('struct_index');
  const deleteSet = await whole('delete_set');
  const sum = checksum(structs, structIndex, deleteSet);
  const seq = Number(found.stored_seq);
  if (sum !== Number(found.checksum)) throw new StoredDataCorrupt(`snapshot at ${seq} does not match its checksum`);
  return { seq, structs, structIndex, deleteSet, checksum: sum };
}

function pieceStatement(column: Column): string {
  return `SELECT substring(${column} from $2::int for ${PIECE_BYTES}) AS piece FROM document_snapshots WHERE id = $1`;
}
