"""What is around every screen: header, banners, alarms line, and the menu that leads to the screens."""
