/** The version that a client names in `auth.protocol`. Version 1 keeps working; see PROTOCOL.md, "Versions". */
export const PROTOCOL_VERSION = 1;
