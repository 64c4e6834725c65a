"""Offline evaluation: hold-outs that never show the future, measures of lists and of forecasts."""
