import type { Task } from './todo';

const KEY = 'todo-list';

/** What was saved last in this browser, or `fallback` on the first visit. */
export function load(fallback: readonly Task[]): Task[] {
  const saved = localStorage.getItem(KEY);
  if (saved === null) return [...fallback];
  try {
    return JSON.parse(saved) as Task[];
  } catch {
    return [...fallback];
  }
}

export function save(tasks: readonly Task[]): void {
  localStorage.setItem(KEY, JSON.stringify(tasks));
}
