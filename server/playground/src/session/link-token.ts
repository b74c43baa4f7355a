/**
 * The token of the printed link (`#link=...`), taken out of the address bar at once: what stays there ends up in
 * the history, in bookmarks and on shared screens. A fragment never reaches the server or its logs.
 */
export function takeLinkToken(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get('link');
  if (token === null) return undefined;
  history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}
