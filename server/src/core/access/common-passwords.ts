/** The passwords that are guessed first. */
export abstract class CommonPasswords {
  /** Whether `word`, in lower case, is one of them. */
  abstract has(word: string): boolean;
}
