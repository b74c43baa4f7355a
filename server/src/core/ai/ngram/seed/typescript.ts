/** Written for this purpose: what code in JavaScript and TypeScript often says. */
export const TYPESCRIPT = `import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import express from 'express';
import React from 'react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';

const { name, value } = props;
const [items, setItems] = useState([]);
const [loading, setLoading] = useState(false);
const [error, setError] = useState(null);

export interface Options {
  readonly name: string;
  readonly value: number;
  readonly enabled?: boolean;
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: Error };

export class Counter {
  private count = 0;

  constructor(private readonly name: string) {}

  get value(): number {
    return this.count;
  }

  increment(): void {
    this.count++;
  }

  async load(id: string): Promise<void> {
    const response = await fetch(url);
    if (!response.ok) {
      throw new Error('Request failed: ' + response.status);
    }
    const data = await response.json();
    return data;
  }
}

export function sum(values: number[]): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}

for (let i = 0; i < items.length; i++) {
  const item = items[i];
  console.log(item);
}

for (let i = 0; i < items.length; i++) {
  result.push(items[i]);
}

for (let i = 0; i < items.length; i++) {
  for (let j = 0; j < n; j++) {
    grid[i][j] = 0;
  }
}

for (const [key, value] of Object.entries(object)) {
  console.log(key, value);
}

for (const item of items) {
  result.push(item);
}

items.forEach((item, index) => {
  console.log(index, item);
});

const names = items.map((item) => item.name);
const found = items.find((item) => item.id === id);
const active = items.filter((item) => item.active);
const total = items.reduce((sum, item) => sum + item.value, 0);
const sorted = [...items].sort((a, b) => a.value - b.value);
const copy = { ...object };
const text = JSON.stringify(value, null, 2);
const parsed = JSON.parse(text);
const map = new Map();
const set = new Set();
const keys = Object.keys(object);
const now = Date.now();
const length = array.length;

try {
  await run();
} catch (error) {
  console.error(error);
  throw error;
} finally {
  await close();
}

try {
  return JSON.parse(text);
} catch {
  return undefined;
}

if (value === undefined) {
  return undefined;
}

if (value === null) {
  return null;
}

if (!value) {
  return;
} else {
  console.log(value);
}

if (typeof value === 'string') {
  return value;
}

if (typeof value === 'number') {
  return value;
}

if (Array.isArray(value)) {
  return value.map((item) => item);
}

switch (action.type) {
  case 'add':
    return [...state, action.item];
  case 'remove':
    return state.filter((item) => item.id !== action.id);
  default:
    return state;
}

while (queue.length > 0) {
  const current = queue.shift();
}

const app = express();
app.use(express.json());
app.get('/', (req, res) => {
  res.send('ok');
});
app.post('/items', async (req, res) => {
  const { name } = req.body;
  res.status(201).json({ name });
});
app.listen(port, () => {
  console.log('Listening on port ' + port);
});

document.querySelector('#app').addEventListener('click', (event) => {
  event.preventDefault();
});
const element = document.getElementById('root');
const button = document.createElement('button');
document.body.appendChild(button);
window.addEventListener('resize', () => {
  render();
});

setTimeout(() => {
  done();
}, 1000);

new Promise((resolve, reject) => {
  setTimeout(resolve, 1000);
});
const results = await Promise.all(items.map(async (item) => {
  return load(item);
}));

useEffect(() => {
  load();
  return () => {
    controller.abort();
  };
}, []);

export default function App() {
  return (
    <div className="app">
      <h1>{title}</h1>
      <ul>
        {items.map((item) => (
          <li key={item.id}>{item.name}</li>
        ))}
      </ul>
      <button onClick={() => setCount(count + 1)}>Add</button>
    </div>
  );
}

describe('counter', () => {
  beforeEach(() => {
    counter = new Counter('a');
  });

  it('counts', () => {
    expect(counter.value).toBe(0);
    expect(sum([1, 2, 3])).toBe(6);
    expect(result).toEqual([]);
  });

  it('rejects', async () => {
    await expect(run()).rejects.toThrow();
  });
});

module.exports = { sum };
const fs = require('fs');
const path = require('path');
export default app;
export const handler = async (event) => {
  return { statusCode: 200, body: JSON.stringify(result) };
};
console.log('done');
console.error(error);
process.exit(1);
`;
