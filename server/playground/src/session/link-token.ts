/**
 * The token of the printed link (`#link=...`), taken out of the address bar at once: what stays there ends up in
 * the history, in bookmarks and on shared screens. A fragment never reaches the server or its logs.
 */
export function takeLinkToken(): string | undefined {
  return take('link');
}

/** The token of an invitation (`#invite=...`), taken out of the address bar as well. */
export function takeInvitationToken(): string | undefined {
  return take('invite');
}

/** The token of a link in a mail, taken out of the address bar as well. */
export interface MailLink {
  readonly name: (typeof MAIL_LINKS)[number];
  readonly token: string;
}

const MAIL_LINKS = ['register', 'verify', 'reset'] as const;

export function takeMailLink(): MailLink | undefined {
  for (const name of MAIL_LINKS) {
    const token = take(name);
    if (token !== undefined) return { name, token };
  }
  return undefined;
}

function take(name: string): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get(name);
  if (token === null) return undefined;
  history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}
