const MARKS: Readonly<Record<string, string>> = {
  '#': 'py pyi rb sh bash zsh yaml yml toml pl r jl ex exs nix cmake tf dockerfile makefile',
  '--': 'sql lua hs elm adb ads vhdl',
  '%': 'tex erl m',
  ';': 'clj cljs lisp el asm',
};
const BY_EXTENSION = new Map(
  Object.entries(MARKS).flatMap(([mark, extensions]) => extensions.split(' ').map((extension) => [extension, mark])),
);

/** The file's extension in lower case, or its whole name when it has none. */
export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  return name.slice(name.lastIndexOf('.') + 1);
}

/** What begins a comment to the end of the line in a file of that name. */
export const commentMark = (path: string): string => BY_EXTENSION.get(extensionOf(path)) ?? '//';
