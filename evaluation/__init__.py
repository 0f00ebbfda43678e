"""Scores for generated images: does a classifier read the digit that was spoken?"""
