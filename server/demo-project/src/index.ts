import firstTasks from '../data.json';
import { load, save } from './storage';
import { add, type Filter, progress, type Task, toggle, visible } from './todo';

const form = element('add', HTMLFormElement);
const title = element('title', HTMLInputElement);
const filters = element('filters', HTMLFieldSetElement);
const list = element('tasks', HTMLUListElement);
const progressLine = element('progress', HTMLParagraphElement);

let tasks: Task[] = load(firstTasks);
let filter: Filter = 'all';

form.addEventListener('submit', (event) => {
  event.preventDefault();
  update(add(tasks, title.value));
  form.reset();
});

filters.addEventListener('change', (event) => {
  filter = (event.target as HTMLInputElement).value as Filter;
  draw();
});

function update(next: Task[]): void {
  tasks = next;
  save(tasks);
  draw();
}

function draw(): void {
  progressLine.textContent = progress(tasks);
  list.replaceChildren(...visible(tasks, filter).map(row));
}

function row(task: Task): HTMLLIElement {
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.checked = task.done;
  box.addEventListener('change', () => update(toggle(tasks, task.id)));

  const label = document.createElement('label');
  label.append(box, text(task.title, task.done ? 'done' : 'open'), text(task.owner, 'owner'));
  const item = document.createElement('li');
  item.append(label);
  return item;
}

function text(content: string, className: string): HTMLSpanElement {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = content;
  return span;
}

function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${type.name} with the id ${id}`);
  return found;
}

draw();
