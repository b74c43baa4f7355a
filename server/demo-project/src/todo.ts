export interface Task {
  readonly id: number;
  readonly title: string;
  readonly owner: string;
  readonly done: boolean;
}

export type Filter = 'all' | 'open' | 'done';

/** A new list with the task at its end; an empty title adds nothing. */
export function add(tasks: readonly Task[], title: string, owner = 'You'): Task[] {
  const trimmed = title.trim();
  if (trimmed === '') return [...tasks];
  const id = Math.max(0, ...tasks.map((task) => task.id)) + 1;
  return [...tasks, { id, title: trimmed, owner, done: false }];
}

/** A new list in which one task has changed sides. */
export function toggle(tasks: readonly Task[], id: number): Task[] {
  return tasks.map((task) => (task.id === id ? { ...task, done: !task.done } : task));
}

export function visible(tasks: readonly Task[], filter: Filter): Task[] {
  if (filter === 'all') return [...tasks];
  return tasks.filter((task) => task.done === (filter === 'done'));
}

/** For example "2 of 5 done". */
export function progress(tasks: readonly Task[]): string {
  if (tasks.length === 0) return 'Nothing to do. Enjoy the day!';
  const done = tasks.filter((task) => task.done).length;
  return done === tasks.length ? 'All done. Well played!' : `${done} of ${tasks.length} done`;
}
