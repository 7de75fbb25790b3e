/** The ready-made host: what `raccordo serve` is made of, for those who build their own process around it. */
export { type Configuration, type Environment, readConfiguration } from './config/configuration.ts'
export { PROBLEM_TYPE, type Problem } from './http/problem.ts'
export { type Running, serve } from './serve.ts'
export { buildServer, type ServerOptions } from './server.ts'
