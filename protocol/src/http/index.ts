export * from './ai.js';
export * from './auth.js';
export * from './documents.js';
export * from './problem.js';
export * from './profile.js';
export * from './projects.js';
