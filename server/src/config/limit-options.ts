import { withDefault } from './option.js';
import { integer } from './values.js';

const MEBIBYTE = 1_048_576;
const MOST_BYTES = 64 * 1024 * MEBIBYTE;
const COUNT = integer(1, 1_000_000_000);

/**
 * What one peer may cost, and what the node takes on. The defaults suit 5,000 people behind one address: a node takes that
 * many in within seconds of its start.
 */
export const limitOptions = {
  // A packet holds at most 1 MiB, and its names and ids need room beside the update; larger updates come in parts.
  MAX_UPDATE_BYTES: withDefault(
    integer(1024, MEBIBYTE - 64 * 1024),
    MEBIBYTE / 2,
    'Largest update in one message; larger ones come in parts',
    'bytes',
  ),
  MAX_UPLOAD_BYTES: withDefault(
    integer(1024, 1024 * MEBIBYTE),
    16 * MEBIBYTE,
    'Largest update in parts, as a whole',
    'bytes',
  ),
  MAX_DOCUMENT_BYTES: withDefault(
    integer(1, 1024 * MEBIBYTE),
    64 * MEBIBYTE,
    'Size at which a document takes no more edits',
    'bytes',
  ),
  MAX_UPDATE_STRUCTS: withDefault(COUNT, 20_000, 'Structs, and delete ranges, of one update'),
  MAX_AWARENESS_BYTES: withDefault(integer(64, MEBIBYTE), 4096, 'State of one cursor', 'bytes'),
  MAX_OPEN_DOCUMENTS: withDefault(COUNT, 256, 'Documents that one connection has open'),
  MAX_CLIENT_IDS: withDefault(COUNT, 64, 'Client ids of one session in one document'),
  MAX_HELLO_BYTES: withDefault(
    integer(1024, 64 * 1024),
    8192,
    'The one packet that is read of a connection before it is signed in',
    'bytes',
  ),
  REQUEST_RATE: withDefault(
    COUNT,
    50,
    'Requests of one connection, edits and cursors apart; what is over is refused for a while',
    '/s',
  ),
  REQUEST_BURST: withDefault(COUNT, 600, 'Requests that one connection may make at once'),
  REQUEST_RATE_PER_USER: withDefault(COUNT, 200, 'Requests of one person, over all of their connections', '/s'),
  REQUEST_BURST_PER_USER: withDefault(COUNT, 10_000, 'Requests that one person may make at once'),
  REST_REQUESTS_PER_MINUTE: withDefault(
    integer(0, 1_000_000_000),
    6000,
    'REST requests of one account to this node; 0 is no limit',
    '/min',
  ),
  AWARENESS_RATE: withDefault(COUNT, 50, 'Cursors of one connection; of what is over, the newest are kept', '/s'),
  MESSAGE_RATE: withDefault(
    COUNT,
    20_000,
    'Messages of one connection, an edit is one or two, packed or not; what is over is read later',
    '/s',
  ),
  MESSAGE_BYTE_RATE: withDefault(
    integer(1024, MOST_BYTES),
    4 * MEBIBYTE,
    'Bytes of one connection; what is over is read later',
    'bytes/s',
  ),
  MAX_CONNECTIONS: withDefault(COUNT, 10_000, 'Connections to this node'),
  MAX_CONNECTIONS_PER_ADDRESS: withDefault(
    COUNT,
    10_000,
    'Connections from one address (IPv6: one /64); see TRUST_PROXY',
  ),
  MAX_CONNECTIONS_PER_USER: withDefault(COUNT, 2000, 'Connections of one person'),
  MAX_PENDING_CONNECTIONS: withDefault(COUNT, 6000, 'Connections that are not signed in yet'),
  MAX_PENDING_CONNECTIONS_PER_ADDRESS: withDefault(COUNT, 5000, 'Those of one address'),
  HANDSHAKE_RATE_PER_ADDRESS: withDefault(
    COUNT,
    1000,
    'Attempts of one address to connect; ten times as many at once',
    '/s',
  ),
  HANDSHAKES_AT_ONCE: withDefault(COUNT, 64, 'Sign-ins of connections that are checked at once; the others wait'),
  OPENS_AT_ONCE: withDefault(COUNT, 128, 'Documents that are being opened at once; other editors wait for their turn'),
  OPENS_WAITING: withDefault(COUNT, 20_000, 'How many may wait; more are asked to come back'),
  LOADS_AT_ONCE: withDefault(COUNT, 8, 'Documents that are being read from the database at once'),
  MAX_ROOM_QUEUE_BYTES: withDefault(
    integer(1, MOST_BYTES),
    4 * MEBIBYTE,
    'Edits of one document that wait for their commit; beyond it their senders are not read',
    'bytes',
  ),
  MAX_COMMIT_QUEUE_BYTES: withDefault(integer(1, MOST_BYTES), 32 * MEBIBYTE, 'The same of all documents', 'bytes'),
  MAX_OPEN_DOCUMENT_BYTES: withDefault(
    integer(1, MOST_BYTES),
    256 * MEBIBYTE,
    'Documents in memory; beyond it those that nobody has open are let go, then no further one is opened',
    'bytes',
  ),
  MAX_UPLOADS_BYTES: withDefault(
    integer(1, MOST_BYTES),
    128 * MEBIBYTE,
    'Unfinished updates in parts, of all connections',
    'bytes',
  ),
  MAX_OUTBOUND_BYTES: withDefault(
    integer(1, MOST_BYTES),
    256 * MEBIBYTE,
    'What waits for all readers; beyond it slow ones are left out sooner, and made good later',
    'bytes',
  ),
};
