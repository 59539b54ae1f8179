"""A module that ends its process politely."""

import sys

import bench

assert bench
sys.exit("not today")
