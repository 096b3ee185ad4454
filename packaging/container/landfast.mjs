#!/usr/lib/landfast/node
// The command in an image, which has no shell.
import '/usr/lib/landfast/dist/main.js'
